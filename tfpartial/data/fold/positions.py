"""Where the organs of each case are, as `align` leaves it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tfpartial.artifacts import parsing, read_versioned, write_json
from tfpartial.names import CaseId, by_case

FORMAT = 1
FILE_NAME = "positions.json"
WHAT = "positions of organs"
State = Literal["labelled", "aligned", "absent", "poor", "displaced"]
"""`labelled`: from the expert's label; `aligned`: by the search. The others get no prior: `absent`, nothing or too little was
predicted (out of the scan); `poor`, no translation fits; `displaced`, it is not where the other organs let it be expected."""


@dataclass(frozen=True)
class OrganPosition:
    """Where an organ is, and how well that is known.

    Args:
        state: see `State`.
        centre_mm: z, y, x of the centre of its bounding box, where it is placed; none without a prior.
        coarse_mm: the same from the prediction alone; none where nothing is predicted.
        searched_mm: the same after the search, whatever became of it.
        divergence: mean KL divergence per cell there, over the references that count.
        sharpness: one minus it as a share of the window's median: 0 is flat.
        overlap: soft Dice of the aligned prediction and the references, as a share of what labelled cases usually have.
        spread_mm: largest distance of a reference's own place from the one that was taken.
        displacement: how far it is from where the other organs let it be expected, in standard deviations.
    """

    state: State
    centre_mm: tuple[float, float, float] | None = None
    coarse_mm: tuple[float, float, float] | None = None
    searched_mm: tuple[float, float, float] | None = None
    divergence: float | None = None
    sharpness: float | None = None
    overlap: float | None = None
    spread_mm: float | None = None
    displacement: float | None = None


Positions = Mapping[CaseId, Mapping[str, OrganPosition]]
"""Case -> organ -> its position."""


def write_positions(positions: Positions, folder: Path) -> None:
    """Writes `positions.json` atomically."""
    cases = {case: {organ: dataclasses.asdict(position) for organ, position in own.items()} for case, own in positions.items()}
    write_json(folder / FILE_NAME, {"format": FORMAT, "cases": cases})


def read_positions(folder: Path) -> dict[CaseId, dict[str, OrganPosition]]:
    """Reads `positions.json` of a folder. Raises `TfpartialError` when it is not there or is something else."""
    content = read_versioned(folder / FILE_NAME, WHAT, FORMAT)
    with parsing(folder / FILE_NAME, WHAT):
        cases = by_case(content["cases"], folder / FILE_NAME)
        return {case: {organ: _position(values) for organ, values in own.items()} for case, own in cases.items()}


def centres_mm(positions: Mapping[str, OrganPosition], organs: tuple[str, ...]) -> np.ndarray:
    """Centres of a case, float32 `[K, 3]`, NaN for an organ that gets no prior there."""
    centres = np.full((len(organs), 3), np.nan, np.float32)
    for number, organ in enumerate(organs):
        if organ in positions and positions[organ].centre_mm is not None:
            centres[number] = positions[organ].centre_mm
    return centres


def offsets_mm(centres: np.ndarray, spacing_mm_zyx: np.ndarray, z: np.ndarray) -> np.ndarray:
    """From the middle of slices to the centres of the organs, float32 `[n, K, 3]`.

    Args:
        centres: float `[..., K, 3]`, of the case or of each slice's case: z from the first slice, y and x from its middle.
        spacing_mm_zyx: `[..., 3]`, spacing of the case or of each slice's case.
        z: `[n]`, numbers of the slices.
    """
    offsets = np.broadcast_to(centres, (len(z), *centres.shape[-2:])).astype(np.float32)
    spacing = np.broadcast_to(spacing_mm_zyx, (len(z), 3)).astype(np.float32)
    offsets[..., 0] -= (np.asarray(z) * spacing[:, 0])[:, None]
    return offsets


def _position(values: Mapping[str, Any]) -> OrganPosition:
    read: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return OrganPosition(**read)
