"""Where the organs of each case are, as `align` leaves it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tfpartial.artifacts import parsing, read_versioned, write_json
from tfpartial.priors.locate import OrganPosition
from tfpartial.priors.place import SlicePlaces

FORMAT = 1
FILE_NAME = "positions.json"
WHAT = "positions of organs"
Positions = Mapping[str, Mapping[str, OrganPosition]]
"""Case -> organ -> its position."""


def write_positions(positions: Positions, folder: Path) -> None:
    """Writes `positions.json` atomically."""
    cases = {case: {organ: dataclasses.asdict(position) for organ, position in own.items()} for case, own in positions.items()}
    write_json(folder / FILE_NAME, {"format": FORMAT, "cases": cases})


def read_positions(folder: Path) -> dict[str, dict[str, OrganPosition]]:
    """Reads `positions.json` of a folder. Raises `TfpartialError` when it is not there or is something else."""
    content = read_versioned(folder / FILE_NAME, WHAT, FORMAT)
    with parsing(folder / FILE_NAME, WHAT):
        return {case: {organ: _position(values) for organ, values in own.items()} for case, own in content["cases"].items()}


def centres_mm(positions: Mapping[str, OrganPosition], organs: tuple[str, ...]) -> np.ndarray:
    """Centres of a case, float32 `[K, 3]`, NaN for an organ that gets no prior there."""
    centres = np.full((len(organs), 3), np.nan, np.float32)
    for number, organ in enumerate(organs):
        if organ in positions and positions[organ].centre_mm is not None:
            centres[number] = positions[organ].centre_mm
    return centres


def places_of_slices(centres: np.ndarray, spacing_mm_zyx: np.ndarray, z: np.ndarray) -> SlicePlaces:
    """Where the organs are, seen from some slices of cases.

    Args:
        centres: float `[..., K, 3]`, of the case or of each slice's case: z from the first slice, y and x from its middle.
        spacing_mm_zyx: `[..., 3]`, spacing of the case or of each slice's case.
        z: int `[n]`, numbers of the slices.
    """
    count = len(z)
    centre = np.broadcast_to(centres, (count, *centres.shape[-2:])).astype(np.float32)
    spacing = np.broadcast_to(spacing_mm_zyx, (count, 3)).astype(np.float32)
    centre[..., 0] -= (np.asarray(z) * spacing[:, 0])[:, None]
    return SlicePlaces(centre, spacing)


def _position(values: Mapping[str, Any]) -> OrganPosition:
    read: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return OrganPosition(**read)
