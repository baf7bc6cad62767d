"""Score label maps against the expert's, by case and organ."""

from functools import partial
from typing import Any

from tfpartial import cli
from tfpartial.comparison.predicted import predicted_cases, score_predicted
from tfpartial.comparison.scores import SUMMARY, seen_from, write_scores
from tfpartial.config import ScoreConfig
from tfpartial.data.manifest import read_manifest
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable
from tfpartial.metrics.scoring import OrganScore
from tfpartial.metrics.summary import overview, summarise
from tfpartial.parallel import map_cases
from tfpartial.progress import track
from tfpartial.provenance import begin, finish


def run(config: ScoreConfig) -> dict[str, Any]:
    """Writes `scores.csv` and `summary.json`."""
    manifest = read_manifest(config.manifest)
    tolerances_mm = _tolerances_mm(config, manifest.organs)
    cases = predicted_cases(manifest, config.predictions, config.splits, config.fold)
    begin(config.out, "score", config)
    score = partial(score_predicted, tolerances_mm=tolerances_mm, surface=config.surface)
    by_case: dict[str, list[OrganScore]] = {}
    for of_case in track(map_cases(score, cases, config.workers, scheduler=config.scheduler), "score", len(cases)):
        by_case[of_case[0].case] = of_case
    scores = [one for case in cases for one in by_case[case.id]]
    summary = summarise(scores, manifest.organs)
    inputs = {name: seen_from(config.out, getattr(config, name)) for name in ("manifest", "predictions")}
    settings = {"surface": config.surface, "tolerances_mm": tolerances_mm}
    write_scores(config.out, scores, {"cases": len(cases), **inputs, **settings, **summary})
    shown = {"cases": len(cases), "organs": overview(summary), "more": str(config.out / SUMMARY)}
    finish(config.out, shown)
    return shown


def _tolerances_mm(config: ScoreConfig, organs: OrganTable) -> dict[str, float]:
    unknown = [organ for organ in config.organ_tolerance_mm if organ not in organs.ids]
    if unknown:
        raise TfpartialError(f"organ_tolerance_mm: expected organs of {', '.join(organs.names)}, got {', '.join(unknown)}")
    return dict.fromkeys(organs.names, config.tolerance_mm) | config.organ_tolerance_mm


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("score"))
