"""The files of `inspect`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tfpartial.artifacts import atomic_file, write_json
from tfpartial.csv_file import write_rows
from tfpartial.inspection.costs import Cost
from tfpartial.inspection.findings import FieldFound, Inspection

FORMAT = 1
FIELD_COLUMNS = ("layer", "rows", "columns", "whole_slice", "effective")


def write_inspection(folder: Path, found: Inspection, about: Mapping[str, Any]) -> None:
    """Writes `inspection.json`, `fields.csv`, `layers.csv`, `fields.npz`, and `attention.npz` where a network has attention.

    The arrays have the names of the layers: in `fields.npz` float32 `[H, W]`, in `attention.npz` `[n, heads, rows, columns]`.
    """
    rows = {"fields": [field.row() for field in found.fields], "attention": [one.row() for one in found.attention]}
    write_json(folder / "inspection.json", {"format": FORMAT, **about, **found.total, **rows})
    write_rows(folder / "fields.csv", FIELD_COLUMNS, rows["fields"])
    write_rows(folder / "layers.csv", Cost._fields, map(_flat, found.costs))
    _write_arrays(folder / "fields.npz", {field.layer: field.gradient for field in found.fields})
    if found.attention:
        _write_arrays(folder / "attention.npz", {one.layer: one.scores for one in found.attention})


def _flat(cost: Cost) -> dict[str, Any]:
    return cost._asdict() | {"shape": "x".join(map(str, cost.shape))}


def _write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    with atomic_file(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)


def undefined(fields: list[FieldFound]) -> list[str]:
    """Why a number of a field is none, a line each."""
    known = [
        f"{field.layer}: no theoretical field: a layer before it is of an unknown kind"
        for field in fields
        if field.theoretical is None
    ]
    flat = [f"{field.layer}: no effective field: the gradient is 0 at its centre" for field in fields if field.centre <= 0]
    return known + flat
