"""Several organs that claim one voxel: who keeps it, and how often that happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfpartial.labels import BACKGROUND, IGNORE, OrganTable


@dataclass(frozen=True)
class Overlap:
    """Voxels that two organs claimed.

    Args:
        kept: the organ that stands first in the priority.
        lost: the other one.
        voxels: how many; one that several files claim for `lost` counts for each of them.
    """

    kept: str
    lost: str
    voxels: int


class Painter:
    """Label codes, painted layer by layer.

    Args:
        shape: Z, Y, X.
        organs: the organ table.
        priority: of several organs that claim a voxel, the first named has it; voxels to ignore win over all of them.
    """

    def __init__(self, shape: tuple[int, int, int], organs: OrganTable, priority: Sequence[str]) -> None:
        self.codes: np.ndarray | None = None
        self._shape = shape
        self._organs = organs
        self._rank = np.full(IGNORE + 1, len(organs), np.int16)
        self._rank[[organs.id_of(organ) for organ in priority]] = np.arange(len(priority))
        self._rank[IGNORE] = -1
        self._pairs: Counter[tuple[int, int]] = Counter()

    def paint(self, layer: np.ndarray) -> None:
        """Adds a layer, uint8 `[Z, Y, X]` of label codes; the painter keeps the array."""
        if self.codes is None:
            self.codes = layer
            return
        for painted, new in zip(self.codes, layer, strict=True):
            if new.any():
                self._paint_slice(painted, new)

    def finished(self) -> np.ndarray:
        """The label codes; all background when nothing was painted."""
        return np.zeros(self._shape, np.uint8) if self.codes is None else self.codes

    def overlaps(self) -> tuple[Overlap, ...]:
        """Each pair of organs that claimed the same voxels. Of three, the last painted met the one that had the voxel then."""
        names = self._organs.name_of
        return tuple(Overlap(names(kept), names(lost), count) for (kept, lost), count in sorted(self._pairs.items()))

    def _paint_slice(self, painted: np.ndarray, new: np.ndarray) -> None:
        free = painted == BACKGROUND
        clash = ~free & (new != BACKGROUND) & (new != painted)
        painted[free] = new[free]
        if clash.any():
            old, other = painted[clash], new[clash]
            stays = self._rank[old] < self._rank[other]
            kept, lost = np.where(stays, old, other), np.where(stays, other, old)
            painted[clash] = kept
            pairs, counts = np.unique(np.stack([kept, lost])[:, kept != IGNORE], axis=1, return_counts=True)
            self._pairs.update({(int(one), int(two)): int(count) for (one, two), count in zip(pairs.T, counts, strict=True)})
