"""The files of `compare`."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tfpartial.artifacts import atomic_file, write_json, write_text
from tfpartial.report.averages import MEAN, Average
from tfpartial.report.comparison_tables import MetricResults, comparison_tables
from tfpartial.report.joined_scores import JoinedScores
from tfpartial.report.paired_tests import PairedTest
from tfpartial.report.scores import seen_from
from tfpartial.report.table import latex, markdown

COMPARISON = "comparison.json"
FORMAT = 1
SHOWN_OF_TESTS = ("alpha", "first", "second", "n", "mean_difference", "interval_low", "interval_high", "t_p_holm", "cohens_dz")
Row = dict[str, Any]


def write_comparison(folder: Path, joined: JoinedScores, results: Iterable[MetricResults], pictures: Mapping[str, Any]) -> None:
    """Writes what was compared.

    `tables/<name>.md` and `.tex` have the tables for people; `averages.csv` and `tests.csv` every number behind them, empty where
    undefined; `comparison.json` all of it.

    Args:
        folder: where to.
        joined: the scores.
        results: one per metric.
        pictures: what `comparison.json` says of the pictures.
    """
    results = list(results)
    for result in results:
        for name, table in comparison_tables(joined, result).items():
            write_text(folder / "tables" / f"{name}.md", markdown(table))
            write_text(folder / "tables" / f"{name}.tex", latex(table))
    averages = [row_of_average(average) for result in results for average in result.averages]
    tests = [row_of_test(test) for result in results for test in result.tests]
    for name, rows in (("averages", averages), ("tests", tests)):
        with atomic_file(folder / f"{name}.csv") as temporary:
            pd.DataFrame(rows).to_csv(temporary, index=False)
    runs = [run._asdict() | {"folder": seen_from(folder, run.folder)} for run in joined.scores]
    about = {"cases": len(joined.cases), "folds": joined.folds, "organs": joined.organs, "runs": runs}
    write_json(folder / COMPARISON, {"format": FORMAT, **about, **pictures, "averages": averages, "tests": tests})


def overview(joined: JoinedScores, results: Iterable[MetricResults]) -> list[Row]:
    """What a person wants to see: the mean of the organs, one row per share of labels and method, one column per metric."""
    rows: dict[tuple[float | None, str], Row] = {}
    for result in results:
        for alpha in joined.alphas:
            for method, found in result.row(alpha, MEAN).items():
                rows.setdefault((alpha, method), {"alpha": alpha, "method": method})[result.metric] = found.fold_mean
    return [_without_nan(row) for row in rows.values()]


def tests_overview(results: MetricResults) -> list[Row]:
    """The same of the tests of a metric."""
    rows = [row_of_test(test) for test in results.tests if test.organ == MEAN]
    return [{name: row[name] for name in SHOWN_OF_TESTS} for row in rows]


def row_of_average(average: Average) -> Row:
    """An average as JSON has it."""
    return _without_nan(dataclasses.asdict(average))


def row_of_test(test: PairedTest) -> Row:
    """A test as JSON has it, in one level."""
    row = dataclasses.asdict(test)
    result = row.pop("result")
    reasons = result.pop("reasons")
    return _without_nan({**row, **result, "reason": "; ".join(reasons)})


def _without_nan(row: Row) -> Row:
    """JSON has no NaN."""
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()}
