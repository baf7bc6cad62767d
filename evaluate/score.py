"""Score label maps against the expert's, by case and organ."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from tfpartial import cli
from tfpartial.comparison.predicted import PredictedCase, predicted_cases, score_predicted
from tfpartial.comparison.scores import SUMMARY, seen_from, write_scores
from tfpartial.config import ScoreConfig
from tfpartial.data.manifest import read_manifest
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable
from tfpartial.metrics.scoring import OrganScore
from tfpartial.metrics.summary import overview, summarise
from tfpartial.metrics.tolerance import FineTolerance, fine_tolerances
from tfpartial.parallel import map_cases, scheduler_of
from tfpartial.progress import track
from tfpartial.provenance import begin, finish

logger = logging.getLogger(__name__)


def run(config: ScoreConfig) -> dict[str, Any]:
    """Writes `scores.csv` and `summary.json`."""
    manifest = read_manifest(config.manifest)
    tolerances_mm = _tolerances_mm(config, manifest.organs)
    cases = predicted_cases(manifest, config.predictions, config.splits, config.fold)
    fine = _fine_tolerances(cases, tolerances_mm)
    begin(config.out, "score", config)
    score = partial(score_predicted, tolerances_mm=tolerances_mm, surface=config.surface)
    by_case: dict[str, list[OrganScore]] = {}
    for of_case in track(map_cases(score, cases, config.workers, scheduler=scheduler_of(config)), "score", len(cases)):
        by_case[of_case[0].case] = of_case
    scores = [one for case in cases for one in by_case[case.id]]
    summary = summarise(scores, manifest.organs)
    inputs = {name: seen_from(config.out, getattr(config, name)) for name in ("manifest", "predictions")}
    settings = {"surface": config.surface, "tolerances_mm": tolerances_mm}
    notes = {} if fine is None else {"nsd_finer_than_voxels": fine}
    write_scores(config.out, scores, {"cases": len(cases), **inputs, **settings, **notes, **summary})
    shown = {"cases": len(cases), "organs": overview(summary), **notes, "more": str(config.out / SUMMARY)}
    finish(config.out, shown)
    return shown


def _tolerances_mm(config: ScoreConfig, organs: OrganTable) -> dict[str, float]:
    unknown = [organ for organ in config.organ_tolerance_mm if organ not in organs.ids]
    if unknown:
        raise TfpartialError(f"organ_tolerance_mm: expected organs of {', '.join(organs.names)}, got {', '.join(unknown)}")
    return dict.fromkeys(organs.names, config.tolerance_mm) | config.organ_tolerance_mm


def _fine_tolerances(cases: Sequence[PredictedCase], tolerances_mm: dict[str, float]) -> str | None:
    """A note of the tolerance that is finest for its voxels, and of how many are too fine; warns once."""
    found: list[FineTolerance] = []
    annotated = 0
    for case in cases:
        entry = case.manifest.case(case.id)
        annotated += len(entry.annotated)
        found += fine_tolerances(case.id, entry.annotated, entry.size_zyx, entry.spacing_mm_zyx, tolerances_mm)
    if not found:
        return None
    worst = max(found, key=lambda one: one.coarsest_mm - one.tolerance_mm)
    note = f"{worst}; finer than the voxels in {len(found)} of {annotated} pairs of case and organ"
    logger.warning("normalised surface Dice: %s: a shift by one voxel counts as wrong; raise tolerance_mm", note)
    return note


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("score"))
