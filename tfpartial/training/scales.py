"""A batch on the coarser grids of a network's decoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keras import ops

from tfpartial.data.feed.batch import ENTRIES

FURTHER_MAPS = ("prior", "outside_box")
"""Maps of a batch that no reader gives."""


def scale_weights(scales: int) -> list[float]:
    """Weights of the losses, the finest scale first: 1, 1/2, 1/4, ..., divided by their sum."""
    weights = [0.5**number for number in range(scales)]
    return [weight / sum(weights) for weight in weights]


def at_grid(batch: Mapping[str, Any], grid: Sequence[int]) -> dict[str, Any]:
    """A batch on a coarser grid that divides its own: every map is picked at the voxels nearest to the coarse ones' centres.

    Nothing is averaged, so that a voxel is unknown, ignored or an organ exactly as the voxel that was picked. Between two voxels
    as near the later one is taken, as nnU-Net does.

    Example: of the row 0 1 2 255, half as many voxels are 1 255.

    Args:
        batch: entries as of `ENTRIES`, `label` among them, `prior` and `outside_box`.
        grid: rows and columns.
    """
    rows, columns = (fine // coarse for fine, coarse in zip(batch["label"].shape[1:3], grid, strict=True))
    maps = {*FURTHER_MAPS, *(name for name, entry in ENTRIES.items() if entry.moved is not None)}
    picked = {
        name: value[:, rows // 2 :: rows, columns // 2 :: columns] if name in maps and value is not None else value
        for name, value in batch.items()
    }
    if batch.get("spacing_mm") is not None:
        picked["spacing_mm"] = batch["spacing_mm"] * ops.convert_to_tensor([1.0, rows, columns], dtype="float32")
    return picked
