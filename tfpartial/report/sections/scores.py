"""The scores of each case and organ, the worst first."""

from __future__ import annotations

from typing import Any

import pandas as pd
from markupsafe import Markup

from tfpartial.comparison.shown_metrics import SHOWN
from tfpartial.metrics.scoring import REASONS
from tfpartial.report.html import fill
from tfpartial.report.run_folder import RunFolder
from tfpartial.report.section import Section

METRICS = ("dsc", "hd95_mm", "asd_mm", "nsd")
WORST_STATES = ("missed", "false_positive", "scored", "absent", "not_annotated")
MOST_ROWS, FEWEST_ROWS = 10_000, 50
"""Rows of all tables together, of about 350 bytes each; and what a table may have in any case."""


def _render(run: RunFolder) -> Markup:
    scores = run.results.joined.scores
    most = max(FEWEST_ROWS, MOST_ROWS // len(scores))
    tables = [_table(run.results.label(one), found.table, most) for one, found in scores.items()]
    return fill("scores.html", tables=tables, reasons=REASONS, metrics={key: SHOWN[key] for key in METRICS})


def _table(label: str, table: pd.DataFrame, most: int) -> dict[str, Any]:
    counts = table["state"].value_counts()
    return {
        "label": label,
        "cases": table["case"].nunique(),
        "counts": {state: int(counts[state]) for state in REASONS if state in counts},
        "rows": worst_first(table).head(most).to_dict("records"),
        "left_out": max(0, len(table) - most),
    }


def worst_first(table: pd.DataFrame) -> pd.DataFrame:
    """By DSC, the lowest first; of equal ones those that were missed, and undefined ones at the end."""
    places = {state: place for place, state in enumerate(WORST_STATES)}
    by_state = table.assign(by_state=table["state"].map(places))
    return by_state.sort_values(["dsc", "by_state", "case", "organ"], na_position="last", kind="stable")


SECTION = Section("scores", "Every case and organ", lambda run: bool(run.results.groups), _render)
