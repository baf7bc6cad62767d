"""Paired tests between methods, and what each run was trained with, as `compare` found them."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from tfpartial.artifacts import parsing, read_versioned
from tfpartial.comparison.files import COMPARISON, FORMAT
from tfpartial.comparison.run_tables import COLUMNS
from tfpartial.comparison.shown_metrics import SHOWN
from tfpartial.comparison.tables import SIGNIFICANT
from tfpartial.finished_stages import FoundStage, Place, alpha_text
from tfpartial.metrics.significance import BOOTSTRAP_FROM
from tfpartial.report.html import fill
from tfpartial.report.run_folder import RunFolder
from tfpartial.report.section import Section

WHAT = "comparison of methods"
BUDGET = {**COLUMNS, "missed": "missed", "false_positives": "false positives"}
"""Field of a run -> heading."""


def _compared(run: RunFolder) -> list[FoundStage]:
    return [stage for stage in run.of("compare") if (stage.folder / COMPARISON).is_file()]


def _render(run: RunFolder) -> Markup:
    contents = [(stage, read_versioned(stage.folder / COMPARISON, WHAT, FORMAT)) for stage in _compared(run)]
    return fill(
        "comparison.html",
        tables=[table for stage, content in contents for table in _tables(stage, content)],
        budgets=[_budget(stage, content) for stage, content in contents],
        columns=BUDGET,
        significant=SIGNIFICANT,
        bootstrap_from=BOOTSTRAP_FROM,
    )


def _tables(stage: FoundStage, content: dict[str, Any]) -> list[dict[str, Any]]:
    """One table per metric, with one row per share of labels, pair of methods and organ."""
    with parsing(stage.folder / COMPARISON, WHAT):
        metrics = dict.fromkeys(test["metric"] for test in content["tests"])
        rows = {metric: [_row(test) for test in content["tests"] if test["metric"] == metric] for metric in metrics}
        where = stage.place._replace(method="").label
        return [{"metric": SHOWN[metric], "where": where, "rows": rows[metric], "cases": content["cases"]} for metric in metrics]


def _budget(stage: FoundStage, content: dict[str, Any]) -> dict[str, Any]:
    """What each run was trained with; unknown in a comparison of an older release."""
    with parsing(stage.folder / COMPARISON, WHAT):
        rows = [
            {name: run.get(name) for name in BUDGET}
            | {"run": Place(run["method"], run["alpha"], run["fold"], run.get("seed")).label}
            for run in content["runs"]
        ]
        return {"where": stage.place._replace(method="").label, "rows": rows, "not_alike": content.get("not alike", [])}


def _row(test: dict[str, Any]) -> dict[str, Any]:
    return test | {"pair": f"{test['first']} → {test['second']}", "alpha": alpha_text(test["alpha"])}


SECTION = Section("comparison", "Differences between methods", lambda run: bool(_compared(run)), _render)
