"""What a batch of slices holds: one line of `ENTRIES` each. A new entry is a line and a function that reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from tfpartial.data.feed.slices import SliceReader
from tfpartial.data.fold.positions import offsets_mm
from tfpartial.labels import BACKGROUND

Read = Callable[[SliceReader, np.ndarray, np.ndarray], np.ndarray]
"""Reader, `case` int32 `[B]` (places in its cases) and `z` int32 `[B]` -> the entry of these slices, `[B, *shape]`."""
Axis = Literal["H", "W", "C", "K"]
"""Rows, columns and channels of a slice; organs."""


class Entry(NamedTuple):
    """One thing that a batch holds.

    Args:
        dtype: its numbers; `stored` for those of the store's images.
        shape: of one slice.
        read: gives it for some slices.
        moved: how the augmentation moves a map `[H, W]` or `[H, W, n]`, `bilinear` or `nearest`; none for what is no map.
        fill: what a moved map has where the slice left nothing.
        loss: whether the loss sees it.
        applies: whether the data of a reader have it; a batch goes without the others.
    """

    dtype: str
    shape: tuple[Axis | int, ...]
    read: Read
    moved: Literal["bilinear", "nearest"] | None = None
    fill: float = 0.0
    loss: bool = True
    applies: Callable[[SliceReader], bool] = lambda reader: True


def _offsets(reader: SliceReader, case: np.ndarray, z: np.ndarray) -> np.ndarray:
    assert reader.centres_mm is not None  # the entry applies only then
    return offsets_mm(reader.centres_mm[case], reader.spacing_mm[case], z.astype(np.float32))


ENTRIES: dict[str, Entry] = {
    # HU; the trainer normalises them before they are moved, and fills in air.
    "image": Entry("stored", ("H", "W", "C"), lambda reader, case, z: reader.images(case, z), moved="bilinear"),
    # Without the organs that are not annotated nor relabeled.
    "label": Entry("uint8", ("H", "W"), lambda reader, case, z: reader.labels(case, z), moved="nearest", fill=BACKGROUND),
    "annotated": Entry("bool", ("K",), lambda reader, case, z: reader.annotated[case]),
    "case": Entry("int32", (), lambda reader, case, z: case, loss=False),
    "z": Entry("int32", (), lambda reader, case, z: z, loss=False),
    # Spacing z, y, x of each slice.
    "spacing_mm": Entry("float32", (3,), lambda reader, case, z: reader.spacing_mm[case]),
    # From the middle of the slice to the centre of each organ: z, y, x in mm, NaN for an organ without a place.
    "prior_offset": Entry("float32", ("K", 3), _offsets, loss=False, applies=lambda reader: reader.centres_mm is not None),
}


def entries_of(reader: SliceReader) -> dict[str, Entry]:
    """The entries that a reader's data have."""
    return {name: entry for name, entry in ENTRIES.items() if entry.applies(reader)}


def entry_shape(entry: Entry, reader: SliceReader) -> tuple[int, ...]:
    """The shape of an entry of one slice."""
    height, width = reader.store.size
    sizes = {"H": height, "W": width, "C": reader.store.channels, "K": len(reader.store.organs)}
    return tuple(sizes[side] if isinstance(side, str) else side for side in entry.shape)


def entry_dtype(entry: Entry, reader: SliceReader) -> str:
    """The type of the numbers of an entry."""
    return reader.store.dtype.name if entry.dtype == "stored" else entry.dtype


def read_batch(reader: SliceReader, case: np.ndarray, z: np.ndarray) -> dict[str, np.ndarray]:
    """The entries of some slices: `case` int32 `[B]`, places in the reader's cases, and `z` int32 `[B]`."""
    return {
        name: np.asarray(entry.read(reader, case, z), entry_dtype(entry, reader)) for name, entry in entries_of(reader).items()
    }


def seen_by_loss() -> tuple[str, ...]:
    """Names of the entries that the loss sees."""
    return tuple(name for name, entry in ENTRIES.items() if entry.loss)
