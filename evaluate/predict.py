"""Segment volumes; the label maps come back on the native grid."""

import logging
import time
from pathlib import Path
from typing import Any

from tfpartial import cli
from tfpartial.config import PredictConfig
from tfpartial.data.fold.positions import Positions, centres_mm, read_positions, write_positions
from tfpartial.data.fold.split import read_fold
from tfpartial.data.manifest import read_manifest
from tfpartial.errors import TfpartialError
from tfpartial.inference.cases import InputCase, find_cases, manifest_cases
from tfpartial.inference.predictor import Predictor
from tfpartial.inference.segment import find_in_case, segment_case
from tfpartial.priors.boxes import OrganBoxes
from tfpartial.priors.spatial_prior import SpatialPrior, read_prior
from tfpartial.progress import track
from tfpartial.provenance import begin, finish
from tfpartial.segmenter.card import SegmenterCard
from tfpartial.segmenter.find_organs import OrganFinder

LOG = logging.getLogger(__name__)
WHY = {
    "poor": "no translation fits the prediction to the labelled cases",
    "displaced": "they do not lie to the other organs as in the training cases",
}


def run(config: PredictConfig) -> dict[str, Any]:
    """Writes `<out>/<case>.nii.gz` for each case; a label map that is there already is replaced."""
    predictor = Predictor.load(config.model, config.checkpoint, config.batch)
    cases = _cases(config, predictor.card.channel_names)
    _warn_of_others(config.out, cases)
    prior = _prior(config, predictor.card)
    begin(config.out, "predict", config)
    start = time.perf_counter()
    positions = {} if prior is None else _positions(config, prior, cases)
    boxes = OrganBoxes(prior, predictor.card.size, config.box_margin) if prior and config.outside_box == "delete" else None
    slices = 0
    for case in track(cases, "predict"):
        centres = centres_mm(positions[case.id], predictor.card.organs.names) if case.id in positions else None
        slices += segment_case(predictor, case, config.out, config.slab, config.probabilities, centres, boxes)
    seconds = time.perf_counter() - start
    summary = {"cases": len(cases), "slices": slices, "seconds": seconds, "slices_per_second": slices / seconds}
    finish(config.out, summary, below=["probabilities/*/*.nii.gz"])
    return summary


def _prior(config: PredictConfig, card: SegmenterCard) -> SpatialPrior | None:
    """The priors of the segmenter, or those of the boxes; none where no organ's place matters."""
    if card.prior is None and config.outside_box == "keep":
        return None
    folder = config.prior if card.prior is None else config.model
    if folder is None:
        raise TfpartialError("predict: outside_box delete expects prior, a stage folder of `prior` with the boxes, got none")
    return read_prior(folder).of_organs(card.organs.names)


def _positions(config: PredictConfig, prior: SpatialPrior, cases: list[InputCase]) -> Positions:
    """Where the organs are: as `align` found, or found here; written to `positions.json`."""
    known = {} if config.positions is None else read_positions(config.positions)
    waiting = [case for case in cases if case.id not in known]
    if waiting:
        finder = OrganFinder.load(config.locator or config.model, config.checkpoint, config.batch)
        own = prior.of_organs(finder.card.organs.names)
        known |= {case.id: find_in_case(finder, case, own, config.search, config.slab) for case in track(waiting, "find organs")}
    found = {case.id: known[case.id] for case in cases}
    write_positions(found, config.out)
    warn_of_unplaced(found)
    return found


def warn_of_unplaced(positions: Positions) -> None:
    """A person should know of organs that are where no training case has them: the plain activation decides there."""
    for case, own in positions.items():
        for state in ("poor", "displaced"):
            organs = [organ for organ, position in own.items() if position.state == state]
            if organs:
                LOG.warning("case %s: no prior for %s: %s", case, ", ".join(organs), WHY[state])


def _cases(config: PredictConfig, channel_names: tuple[str, ...]) -> list[InputCase]:
    if bool(config.images) == (config.manifest is not None):
        raise TfpartialError("predict: expected either images or manifest, got " + ("both" if config.images else "neither"))
    if config.manifest is None:
        if config.splits is not None:
            raise TfpartialError("predict: splits choose among the cases of a manifest; expected manifest, got images")
        return find_cases(config.images, channel_names, config.nifti_form)
    if config.nifti_form != "sform":
        raise TfpartialError("predict: nifti_form is that of images; the cases of a manifest have that of `ingest`")
    chosen = None if config.splits is None else read_fold(config.splits, config.fold).test
    return manifest_cases(read_manifest(config.manifest), chosen, channel_names)


def _warn_of_others(out: Path, cases: list[InputCase]) -> None:
    """`score` takes every label map of the folder, so a person should know of those that this run does not replace."""
    written = {f"{case.id}.nii.gz" for case in cases}
    others = sorted(path.name for path in out.glob("*.nii.gz") if path.name not in written)
    if others:
        LOG.warning("%s: also holds %d label maps that this run does not replace, the first is %s", out, len(others), others[0])


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("predict"))
