"""The files of `rank`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from tfpartial.artifacts import parsing, read_versioned, write_json, write_text
from tfpartial.csv_file import write_frame
from tfpartial.metrics.ranking import Ranking
from tfpartial.ranking.rows import SHARES, RankingRow
from tfpartial.ranking.table import LearnedRecipe, ranking_table
from tfpartial.text_table import markdown

RANKING = "ranking.json"
FORMAT = 1
WHAT = "ranking of confidences"


def write_ranking(
    folder: Path, rows: Sequence[RankingRow], about: Mapping[str, Any], learned: LearnedRecipe | None = None
) -> None:
    """Writes `ranking.csv`, a row per estimator and organ, empty where undefined; `ranking.md`; and `ranking.json`.

    Args:
        folder: where to.
        rows: the rows, those of an estimator together, the mean last.
        about: what `ranking.json` says besides.
        learned: how the network of the learned confidence was made; none where it is not ranked.
    """
    flat = [flat_row(row) for row in rows]
    write_frame(folder / "ranking.csv", pd.DataFrame(flat).drop(columns="reason"))
    write_text(folder / "ranking.md", markdown(ranking_table(rows, learned)))
    recipe = {} if learned is None else {"learned": learned._asdict()}
    write_json(folder / RANKING, {"format": FORMAT, **about, **recipe, "rows": flat})


def read_ranking(path: Path) -> tuple[list[RankingRow], dict[str, Any]]:
    """The rows of a `ranking.json`, and its whole content. Raises `TfpartialError` when the file is not one."""
    content = read_versioned(path, WHAT, FORMAT)
    with parsing(path, WHAT):
        return [_row(row) for row in content["rows"]], content


def flat_row(row: RankingRow) -> dict[str, Any]:
    """A row as JSON has it, null where undefined, with the reason."""
    shares = {name: _known(getattr(row.ranking, name)) for name in SHARES}
    counts = {"n": row.ranking.n, "errors": row.ranking.errors}
    return {"estimator": row.estimator, "organ": row.organ, **counts, **shares, "reason": row.reason}


def _known(value: float) -> float | None:
    """JSON has no NaN."""
    return None if math.isnan(value) else value


def _row(flat: Mapping[str, Any]) -> RankingRow:
    auc, ap_success, ap_error = (math.nan if flat[name] is None else float(flat[name]) for name in SHARES)
    return RankingRow(flat["estimator"], flat["organ"], Ranking(auc, ap_success, ap_error, flat["n"], flat["errors"]))
