"""The files of `compare`."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tfpartial.artifacts import write_json, write_text
from tfpartial.comparison.averages import MEAN, Average
from tfpartial.comparison.confidence_table import CONFIDENCE, confidence_table
from tfpartial.comparison.joined_scores import JoinedScores
from tfpartial.comparison.paired_tests import PairedTest
from tfpartial.comparison.run_tables import BUDGET, DETECTION, mean_budget, run_tables, uneven_budgets
from tfpartial.comparison.runs import Run
from tfpartial.comparison.scores import seen_from
from tfpartial.comparison.shown_metrics import SHOWN
from tfpartial.comparison.tables import MetricResults, comparison_tables
from tfpartial.csv_file import write_frame
from tfpartial.text_table import latex, markdown

COMPARISON = "comparison.json"
FORMAT = 1
SHOWN_OF_TESTS = ("alpha", "first", "second", "n", "mean_difference", "interval_low", "interval_high", "t_p_holm", "cohens_dz")
TABLES = "tables"
TABLE_FILE = re.compile(rf"(({'|'.join(SHOWN)})(_organs(_alpha[\d.e-]+)?|_tests)?|{BUDGET}|{DETECTION}|{CONFIDENCE})\.(md|tex)")
"""Names of the files of tables, see `comparison_tables`, `run_tables` and `confidence_table`."""
Row = dict[str, Any]


def write_comparison(folder: Path, joined: JoinedScores, results: Iterable[MetricResults], pictures: Mapping[str, Any]) -> None:
    """Writes what was compared.

    `tables/<name>.md` and `.tex` have the tables for people; those that an earlier comparison left in the folder are removed.
    `averages.csv`, `tests.csv` and `runs.csv` have every number behind them, empty where undefined; `comparison.json` has it all.

    Args:
        folder: where to.
        joined: the scores.
        results: one per metric.
        pictures: what `comparison.json` says of the pictures.
    """
    results = list(results)
    tables = {name: table for result in results for name, table in comparison_tables(joined, result).items()}
    tables |= run_tables(joined)
    confidences = confidence_table(joined)
    if confidences is not None:
        tables[CONFIDENCE] = confidences
    for name, table in tables.items():
        write_text(folder / TABLES / f"{name}.md", markdown(table))
        write_text(folder / TABLES / f"{name}.tex", latex(table))
    _remove_others(folder / TABLES, tables)
    averages = [row_of_average(average) for result in results for average in result.averages]
    tests = [row_of_test(test) for result in results for test in result.tests]
    runs = [_row_of_run(folder, joined, run) for run in joined.scores]
    for name, rows in (("averages", averages), ("tests", tests), ("runs", runs)):
        write_frame(folder / f"{name}.csv", pd.DataFrame(rows))
    about = {"cases": len(joined.cases), "folds": joined.folds, "seeds": joined.seeds, "organs": joined.organs, "runs": runs}
    about["not alike"] = uneven_budgets(joined)
    write_json(folder / COMPARISON, {"format": FORMAT, **about, **pictures, "averages": averages, "tests": tests})


def _row_of_run(folder: Path, joined: JoinedScores, run: Run) -> Row:
    """Where a run stands, its folder seen from that of the comparison, what it was trained with, and what it missed."""
    states = joined.scores[run].table["state"].value_counts()
    found = {name: int(states.get(state, 0)) for name, state in (("missed", "missed"), ("false_positives", "false_positive"))}
    ranked_by = {"confidence": "; ".join(map(str, joined.confidences_of(run))) or None}
    return run._asdict() | {"folder": seen_from(folder, run.folder)} | joined.budget(run)._asdict() | ranked_by | found


def _remove_others(folder: Path, kept: Iterable[str]) -> None:
    """Removes the tables that an earlier comparison wrote here and this one does not; nobody else's files."""
    names = set(kept)
    for path in folder.iterdir():
        match = TABLE_FILE.fullmatch(path.name)
        if match and match[1] not in names:
            path.unlink()


def overview(joined: JoinedScores, results: Iterable[MetricResults]) -> list[Row]:
    """What a person wants to see: a row per share of labels and method, the mean of the organs in each metric, and the steps."""
    rows: dict[tuple[float | None, str], Row] = {}
    for result in results:
        for alpha in joined.alphas:
            for method, found in result.row(alpha, MEAN).items():
                rows.setdefault((alpha, method), {"alpha": alpha, "method": method})[result.metric] = found.fold_mean
    for (alpha, method), row in rows.items():
        row["steps"] = mean_budget(joined, alpha, method, "steps")
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
