"""Segment volumes; the label maps come back on the native grid."""

import logging
import time
from pathlib import Path
from typing import Any

from tfpartial import cli
from tfpartial.config import PredictConfig
from tfpartial.data.manifest import read_manifest
from tfpartial.data.split import read_fold
from tfpartial.errors import TfpartialError
from tfpartial.inference.cases import InputCase, find_cases, manifest_cases
from tfpartial.inference.predictor import Predictor
from tfpartial.inference.segment import segment_case
from tfpartial.progress import track
from tfpartial.provenance import begin, finish

LOG = logging.getLogger(__name__)


def run(config: PredictConfig) -> dict[str, Any]:
    """Writes `<out>/<case>.nii.gz` for each case; a label map that is there already is replaced."""
    predictor = Predictor.load(config.model, config.checkpoint, config.batch)
    cases = _cases(config, predictor.card.channel_names)
    _warn_of_others(config.out, cases)
    begin(config.out, "predict", config)
    start = time.perf_counter()
    slices = sum(segment_case(predictor, case, config.out, config.slab, config.probabilities) for case in track(cases, "predict"))
    seconds = time.perf_counter() - start
    summary = {"cases": len(cases), "slices": slices, "seconds": seconds, "slices_per_second": slices / seconds}
    finish(config.out, summary)
    return summary


def _cases(config: PredictConfig, channel_names: tuple[str, ...]) -> list[InputCase]:
    if bool(config.images) == (config.manifest is not None):
        raise TfpartialError("predict: expected either images or manifest, got " + ("both" if config.images else "neither"))
    if config.manifest is None:
        if config.splits is not None:
            raise TfpartialError("predict: splits choose among the cases of a manifest; expected manifest, got images")
        return find_cases(config.images, channel_names)
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
