"""How far the places that `align` found are from the experts' labels, from the table that it left (thesis, section 4.2.2)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from tfpartial.csv_file import read_frame, require_columns
from tfpartial.errors import TfpartialError
from tfpartial.priors.position_table import FILE_NAME
from tfpartial.text_table import ALL, UNDEFINED, Cell, Table

PARTS = ("train", "val", "test")
UNSEEN = ("val", "test")
"""Parts of a fold that no training used."""
STATES = ("aligned", "absent", "poor", "displaced")
FELL_BACK = ("displaced", "poor")
"""States of organs that were found and that get no prior all the same."""
NAMES = ("case", "part", "organ", "state")
NUMBERS = ("overlap", "displacement", "coarse_error_mm", "searched_error_mm")


class ErrorsMm(NamedTuple):
    """Distances from the centres of the experts' labels in mm: their mean and the largest one; NaN where none is known."""

    mean: float
    worst: float


@dataclass(frozen=True)
class PlaceErrors:
    """One organ, or all of them.

    Args:
        organ: its name.
        cases: cases in which it was looked for.
        states: state -> number of cases.
        coarse_mm: distances of the predictions' centres, where the truth is known, whatever became of them.
        searched_mm: the same after the search, in the same order.
    """

    organ: str
    cases: int
    states: Mapping[str, int]
    coarse_mm: tuple[float, ...]
    searched_mm: tuple[float, ...]

    @property
    def coarse(self) -> ErrorsMm:
        """Before the search."""
        return _mean_and_worst(self.coarse_mm)

    @property
    def searched(self) -> ErrorsMm:
        """After it."""
        return _mean_and_worst(self.searched_mm)

    @property
    def most_lost(self) -> float:
        """How much farther at most the search took an organ from its place, in mm; below 0 where it always came nearer."""
        lost = [after - before for before, after in zip(self.coarse_mm, self.searched_mm, strict=True)]
        return max(lost, default=math.nan)


def read_position_table(folder: Path) -> pd.DataFrame:
    """The table in a folder that `align` wrote: a row per case and organ that was looked for, NaN where a number is unknown.

    Raises:
        TfpartialError: the file is not there, or is no such table.
    """
    path = folder / FILE_NAME
    table = read_frame(path, "a row per case and organ", NAMES, NUMBERS)
    require_columns(path, table, (*NAMES, *NUMBERS))
    for name, values in (("part", PARTS), ("state", STATES)):
        strange = table.loc[~table[name].isin(values), name]
        if len(strange):
            raise TfpartialError(f"{path}: expected the {name} {', '.join(values)}, got {strange.iloc[0] or 'nothing'}")
    return table


def unseen(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of validation and test cases."""
    return table[table["part"].isin(UNSEEN)]


def errors_by_organ(table: pd.DataFrame) -> list[PlaceErrors]:
    """The organs of a table, of one fold or of several, in the order in which it has them."""
    return [_errors_of(str(organ), rows) for organ, rows in table.groupby("organ", sort=False)]


def errors_of_all(table: pd.DataFrame) -> PlaceErrors:
    """All organs of a table together; its cases are cases times organs."""
    return _errors_of(ALL, table)


def fell_back(table: pd.DataFrame) -> pd.DataFrame:
    """Its rows without a prior though something was found: the farthest displaced first, then the poorest overlap."""
    found = table[table["state"].isin(FELL_BACK)]
    order = np.where(found["state"] == "displaced", -found["displacement"], found["overlap"])
    return found.assign(order=order).sort_values(["state", "order"], kind="stable").drop(columns="order")


def error_table(errors: Sequence[PlaceErrors]) -> Table:
    """The errors before and after the search (thesis, section 4.2.2), organ by organ."""
    header = ["organ", "cases", *STATES, "coarse, mm", "worst", "searched, mm", "worst", "most lost"]
    rows = [
        [
            *(Cell(str(value)) for value in (own.organ, own.cases, *own.states.values())),
            *(Cell(UNDEFINED if math.isnan(value) else f"{value:.1f}") for value in (*own.coarse, *own.searched, own.most_lost)),
        ]
        for own in errors
    ]
    caption = (
        "Distance of the found places from the centres of the experts' boxes in validation and test cases: by the prediction "
        "alone, and after the search; and how much farther the search took one at most. Organs that are not aligned get no prior."
    )
    return Table(header, rows, caption)


def _errors_of(organ: str, rows: pd.DataFrame) -> PlaceErrors:
    states = {state: int((rows["state"] == state).sum()) for state in STATES}
    known = rows[["coarse_error_mm", "searched_error_mm"]].dropna()
    coarse, searched = (tuple(known[name].tolist()) for name in known)
    return PlaceErrors(organ, len(rows), states, coarse, searched)


def _mean_and_worst(values: tuple[float, ...]) -> ErrorsMm:
    return ErrorsMm(float(np.mean(values)), max(values)) if values else ErrorsMm(math.nan, math.nan)
