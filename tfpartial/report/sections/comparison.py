"""Paired tests between methods, as `compare` made them."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from tfpartial.artifacts import parsing, read_versioned
from tfpartial.comparison.files import COMPARISON, FORMAT
from tfpartial.comparison.shown_metrics import SHOWN
from tfpartial.comparison.tables import SIGNIFICANT
from tfpartial.finished_stages import FoundStage, alpha_text
from tfpartial.metrics.significance import BOOTSTRAP_FROM
from tfpartial.report.html import fill
from tfpartial.report.run_folder import RunFolder
from tfpartial.report.section import Section

WHAT = "comparison of methods"


def _compared(run: RunFolder) -> list[FoundStage]:
    return [stage for stage in run.of("compare") if (stage.folder / COMPARISON).is_file()]


def _render(run: RunFolder) -> Markup:
    tables = [table for stage in _compared(run) for table in _tables(stage)]
    return fill("comparison.html", tables=tables, significant=SIGNIFICANT, bootstrap_from=BOOTSTRAP_FROM)


def _tables(stage: FoundStage) -> list[dict[str, Any]]:
    """One table per metric, with one row per share of labels, pair of methods and organ."""
    path = stage.folder / COMPARISON
    content = read_versioned(path, WHAT, FORMAT)
    with parsing(path, WHAT):
        metrics = dict.fromkeys(test["metric"] for test in content["tests"])
        rows = {metric: [_row(test) for test in content["tests"] if test["metric"] == metric] for metric in metrics}
        where = stage.place._replace(method="").label
        return [{"metric": SHOWN[metric], "where": where, "rows": rows[metric], "cases": content["cases"]} for metric in metrics]


def _row(test: dict[str, Any]) -> dict[str, Any]:
    return test | {"pair": f"{test['first']} → {test['second']}", "alpha": alpha_text(test["alpha"])}


SECTION = Section("comparison", "Differences between methods", lambda run: bool(_compared(run)), _render)
