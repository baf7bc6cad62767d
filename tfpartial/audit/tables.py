"""The files of `audit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from tfpartial.artifacts import write_json
from tfpartial.audit.next_cases import NextCase
from tfpartial.audit.suspects import Suspect
from tfpartial.csv_file import write_frame

FORMAT = 1
PLACE = ("index_z", "index_y", "index_x", "x_mm", "y_mm", "z_mm")
SUSPECT_COLUMNS = (
    "rank",
    *(f.name for f in fields(Suspect) if f.name not in ("index_zyx", "position_mm_xyz", "box_zyx")),
    *PLACE,
)
NEXT_COLUMNS = ("rank", "case", "score", "uncertainty", "novelty", "organs", "reason")


def with_ranks(suspects: Sequence[Suspect]) -> list[tuple[int, Suspect]]:
    """Suspects in their order (`ranked`) with their ranks: labels that look wrong from 1 on, organs without labels from 1 on."""
    sorts = (list(sort) for _, sort in groupby(suspects, key=lambda one: one.of_labels))
    return [(rank, suspect) for sort in sorts for rank, suspect in enumerate(sort, start=1)]


def write_suspects(folder: Path, suspects: Sequence[Suspect], rules: Mapping[str, Any]) -> None:
    """Writes `suspects.csv` and `suspects.json`; empty cells and null where something is undefined.

    Args:
        folder: where to.
        suspects: in their order.
        rules: what makes a suspect, for the JSON.
    """
    rows = with_ranks(suspects)
    _write_csv(folder / "suspects.csv", [{"rank": rank, **one.row()} for rank, one in rows], SUSPECT_COLUMNS)
    content = {"format": FORMAT, "rules": dict(rules), "suspects": [{"rank": rank, **asdict(one)} for rank, one in rows]}
    write_json(folder / "suspects.json", content)


def write_next_cases(folder: Path, cases: Sequence[NextCase], diversity: float) -> None:
    """Writes `next.csv`, a row per case, and `next.json`, which has the numbers of each missing organ too."""
    _write_csv(folder / "next.csv", [{"rank": rank, **one.row()} for rank, one in enumerate(cases, start=1)], NEXT_COLUMNS)
    write_json(folder / "next.json", {"format": FORMAT, "diversity": diversity, "cases": [one.to_json() for one in cases]})


def _write_csv(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    write_frame(path, pd.DataFrame(list(rows), columns=list(columns)))
