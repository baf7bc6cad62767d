"""Measure how well confidences tell right from wrong among the voxels that may be relabeled."""

from typing import Any

from tfpartial import cli
from tfpartial.confidence.card import PUBLISHED, read_card
from tfpartial.confidence.predictor import ConfidentPredictor
from tfpartial.config import Estimator, RankConfig
from tfpartial.data.fold.training_cases import read_training_cases
from tfpartial.progress import track
from tfpartial.provenance import begin, finish
from tfpartial.ranking.candidates import case_candidates, ranked_cases
from tfpartial.ranking.files import flat_row, write_ranking
from tfpartial.ranking.pictures import draw_worst, worst_organs
from tfpartial.ranking.rows import MEAN, RankingRow, rank_organs
from tfpartial.ranking.table import LearnedRecipe
from tfpartial.segmenter.card import require_same_data


def run(config: RankConfig) -> dict[str, Any]:
    """Writes `ranking.csv`, `ranking.json`, `ranking.md` and pictures of the cases with most errors."""
    cases = read_training_cases(config.store, config.splits, config.fold, config.annotations, config.labels, config.positions)
    ranked = ranked_cases(cases, config.cases, config.seed)
    predictors: dict[str, ConfidentPredictor] = {estimator: _predictor(config, estimator) for estimator in _estimators(config)}
    for predictor in predictors.values():
        require_same_data(predictor.card, cases.store, config.model)
    begin(config.out, "rank", config)
    rows: list[RankingRow] = []
    for estimator, predictor in predictors.items():
        found = [case_candidates(predictor, current, config.among) for current in track(ranked, estimator)]
        rows += rank_organs(estimator, cases.store.organs.names, found)
    worst = worst_organs(ranked, found, config.pictures)  # whoever says how sure it is, the prediction is the same
    window_hu = next(iter(predictors.values())).card.window_hu
    pictures = list(track(draw_worst(worst, predictors, window_hu, config.out, config.among), "draw", len(worst)))
    write_ranking(config.out, rows, {"cases": len(ranked), "among": config.among, "pictures": pictures}, _recipe(config))
    means = [_shown(row) for row in rows if row.organ == MEAN]
    summary = {"folder": str(config.out), "cases": len(ranked), "mean of organs": means}
    finish(config.out, summary)
    return summary


def _estimators(config: RankConfig) -> list[Estimator]:
    return config.estimators or (["mcp"] if config.confidence is None else ["mcp", "learned"])


def _predictor(config: RankConfig, estimator: Estimator) -> ConfidentPredictor:
    return ConfidentPredictor.load(config.model, config.checkpoint, estimator, config.confidence, config.settings, config.batch)


def _recipe(config: RankConfig) -> LearnedRecipe | None:
    if config.confidence is None or "learned" not in _estimators(config):
        return None
    return LearnedRecipe(read_card(config.confidence).recipe, PUBLISHED.recipe)


def _shown(row: RankingRow) -> dict[str, Any]:
    return {name: value for name, value in flat_row(row).items() if name not in ("organ", "reason")}


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("rank"))
