"""How a step selects: a share or a threshold, and what an organ's anatomy rules out."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from tfpartial.labels import IGNORE, count_numbers
from tfpartial.relabel.candidates import Slab
from tfpartial.relabel.components import LargestPiece
from tfpartial.relabel.volume_selection import VolumeSelection

Slabs = Callable[[], Iterator[Slab]]


@dataclass(frozen=True)
class Rules:
    """What becomes a label.

    Args:
        shares: organ (1..K) -> share of its candidates, the surest first.
        threshold: confidence from which on candidates become labels; replaces the shares.
        largest_component: organs (1..K) of which only the largest connected piece stays.
        min_ml: organ (1..K) -> smallest volume that stays.
    """

    shares: Mapping[int, float]
    threshold: float | None = None
    largest_component: frozenset[int] = frozenset()
    min_ml: Mapping[int, float] = field(default_factory=dict)

    def apply(self, selection: VolumeSelection, voxel_ml: float) -> Iterator[Slab]:
        """The slabs of a volume with what becomes a label, in their order.

        Args:
            selection: its candidates.
            voxel_ml: volume of a voxel.
        """
        cuts = selection.top(self.shares) if self.threshold is None else selection.from_confidence(self.threshold)
        slabs: Slabs = lambda: selection.selected(cuts)  # noqa: E731  each rule reads them again
        largest = _largest_pieces(slabs(), self.largest_component & cuts.keys())
        whole = partial(_largest_alone, slabs, largest) if largest else slabs
        small = {organ: math.ceil(ml / voxel_ml) for organ, ml in self.min_ml.items() if organ in cuts}
        return _without_small(whole, small) if small else whole()


def _largest_pieces(slabs: Iterable[Slab], organs: Collection[int]) -> dict[int, LargestPiece]:
    pieces = {organ: LargestPiece() for organ in organs}
    if pieces:
        for _, chosen, _ in slabs:
            for organ, piece in pieces.items():
                piece.see(chosen == organ)
    return pieces


def _largest_alone(slabs: Slabs, pieces: Mapping[int, LargestPiece]) -> Iterator[Slab]:
    cursors = {organ: piece.cursor() for organ, piece in pieces.items()}
    for start, chosen, confidence in slabs():
        for organ, kept in cursors.items():
            mine = chosen == organ
            chosen[mine & ~kept(mine)] = 0
        yield start, chosen, confidence


def _without_small(slabs: Slabs, smallest: Mapping[int, int]) -> Iterator[Slab]:
    voxels = np.zeros(IGNORE + 1, np.int64)
    for _, chosen, _ in slabs():
        voxels += count_numbers(chosen, IGNORE + 1)
    left_out = [organ for organ, number in smallest.items() if voxels[organ] < number]
    for start, chosen, confidence in slabs():
        yield start, np.where(np.isin(chosen, left_out), 0, chosen).astype(np.uint8), confidence
