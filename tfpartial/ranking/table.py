"""The table of a ranking for people."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tfpartial.ranking.rows import MEAN, SHARES, RankingRow
from tfpartial.text_table import Cell, Table

ESTIMATORS = {
    "mcp": "MCP",
    "learned": "learned confidence",
    "mc_dropout": "Monte-Carlo dropout",
    "tta": "test-time augmentation",
}
"""How people call the estimators."""
METRICS = {"auc": "AUC", "ap_success": "AP success", "ap_error": "AP error"}
UNDEFINED = "n/a"


class LearnedRecipe(NamedTuple):
    """How the network of the learned confidence was made, and how the thesis made its own; a line each."""

    in_use: str
    published: str

    def __str__(self) -> str:
        if self.in_use == self.published:
            return f"Learned confidence: as published ({self.published})."
        return f"Learned confidence: {self.in_use}. Published (thesis): {self.published}."


def ranking_table(rows: Sequence[RankingRow], learned: LearnedRecipe | None = None) -> Table:
    """Estimators and metrics as rows, organs and their mean as columns, in percent (thesis, Table 3.10).

    Args:
        rows: the rows, those of an estimator together, the mean last.
        learned: what the caption says of the learned confidence; none where it is not ranked.
    """
    organs = list(dict.fromkeys(row.organ for row in rows))
    estimators = list(dict.fromkeys(row.estimator for row in rows))
    found = {(row.estimator, row.organ): row for row in rows}
    lines = []
    for estimator in estimators:
        for share in SHARES:
            values = {organ: _value(found, estimator, organ, share) for organ in organs}
            best = {organ: _is_best(found, estimators, organ, share, values[organ]) for organ in organs}
            name = ESTIMATORS[estimator] if share == SHARES[0] else ""
            lines.append([Cell(name), Cell(METRICS[share]), *(Cell(_text(values[organ]), best[organ]) for organ in organs)])
    return Table(["estimator", "metric", *organs], lines, _caption(rows, len(estimators), learned), names=2)


def _value(found: Mapping[tuple[str, str], RankingRow], estimator: str, organ: str, share: str) -> float:
    return getattr(found[estimator, organ].ranking, share) if (estimator, organ) in found else math.nan


def _is_best(
    found: Mapping[tuple[str, str], RankingRow], estimators: Sequence[str], organ: str, share: str, value: float
) -> bool:
    others = [_value(found, estimator, organ, share) for estimator in estimators]
    return len(estimators) > 1 and value == max(others)


def _text(value: float) -> str:
    return UNDEFINED if math.isnan(value) else f"{100 * value:.2f}"


def _caption(rows: Sequence[RankingRow], estimators: int, learned: LearnedRecipe | None) -> str:
    first = [row for row in rows if row.estimator == rows[0].estimator]
    total = next(row.ranking for row in first if row.organ == MEAN)
    bold = " Bold: the highest." if estimators > 1 else ""
    recipe = "" if learned is None else f" {learned}"
    return (
        f"Ranking of {total.n} candidates for relabeling, {total.errors} of them wrong, in %: area under the ROC curve, and "
        f"average precision of finding the right and the wrong ones. Mean: of the organs.{bold}{recipe}"
    )
