"""Positions as a table, with their errors where the experts' labels tell the truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfpartial.csv_file import write_rows
from tfpartial.data.fold.positions import Positions
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.names import CaseId
from tfpartial.priors.from_store import label_centres_mm

FILE_NAME = "positions.csv"
AXES = ("z", "y", "x")
COLUMNS = (
    *("case", "part", "organ", "state"),
    *(f"coarse_{axis}_mm" for axis in AXES),
    *(f"searched_{axis}_mm" for axis in AXES),
    *("divergence", "sharpness", "overlap", "spread_mm", "displacement"),
    *("coarse_error_mm", "searched_error_mm"),
)
Row = dict[str, Any]


def table(cases: TrainingCases, test: Sequence[CaseId], positions: Positions) -> list[Row]:
    """A row per case and organ that was looked for.

    The errors are distances from the centre of what the store's experts drew there; empty where they drew nothing.

    Args:
        cases: training and validation cases.
        test: ids of the test cases.
        positions: what was found.
    """
    parts = dict.fromkeys(cases.train, "train") | dict.fromkeys(cases.val, "val") | dict.fromkeys(test, "test")
    rows = []
    for case, own in positions.items():
        truth = label_centres_mm(cases.store, case, cases.store.cases[case].annotated)
        for organ, position in own.items():
            if position.state == "labelled":
                continue
            true = truth[cases.store.organs.ids[organ] - 1]
            row: Row = {"case": case, "part": parts[case], "organ": organ, "state": position.state}
            for name in ("coarse", "searched"):
                place = getattr(position, f"{name}_mm")
                row |= {f"{name}_{axis}_mm": _rounded(value) for axis, value in zip(AXES, place or (None,) * 3, strict=True)}
                known = place is not None and np.isfinite(true).all()
                row[f"{name}_error_mm"] = _rounded(float(np.linalg.norm(np.array(place) - true))) if known else None
            for name in ("divergence", "sharpness", "overlap", "spread_mm", "displacement"):
                row[name] = _rounded(getattr(position, name))
            rows.append(row)
    return rows


def write_table(rows: Sequence[Row], folder: Path) -> None:
    """Writes `positions.csv` atomically."""
    write_rows(folder / FILE_NAME, COLUMNS, rows)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)
