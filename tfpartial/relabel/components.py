"""Connected pieces of an organ in a volume that passes slab by slab."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from scipy import ndimage

NEIGHBOURS = np.ones((3, 3, 3), bool)
"""Voxels that touch at a corner are connected."""


class LargestPiece:
    """The largest connected piece (26 neighbours) of a mask; of equal ones the first.

    The mask is gone through twice, from the first slice to the last: `see` takes all its slabs, then `cursor` tells the pieces
    apart. In memory are a slice and a number per piece of a slab.
    """

    def __init__(self) -> None:
        self._parents: list[int] = []
        self._sizes: list[int] = []
        self._above: np.ndarray | None = None  # the last slice of the slab before, with the pieces' numbers from 1 on

    def see(self, mask: np.ndarray) -> None:
        """Takes the next slab, bool `[n, H, W]`."""
        numbers, count = ndimage.label(mask, NEIGHBOURS)
        first = len(self._parents)
        self._parents.extend(range(first, first + count))
        self._sizes.extend(np.bincount(numbers.ravel(), minlength=count + 1)[1:].tolist())
        numbers[numbers > 0] += first
        if self._above is not None:
            for one, other in _touching(self._above, numbers[0]):
                _join(self._parents, one - 1, other - 1)
        self._above = numbers[-1]

    def cursor(self) -> Callable[[np.ndarray], np.ndarray]:
        """A function that gives what of the next slab belongs to the piece, slab by slab, the same ones as `see` was given."""
        roots = np.array([_root(self._parents, piece) for piece in range(len(self._parents))], int)
        largest = int(np.argmax(np.bincount(roots, weights=self._sizes, minlength=1))) if len(roots) else -1
        first = 0

        def kept(mask: np.ndarray) -> np.ndarray:
            nonlocal first
            numbers, count = ndimage.label(mask, NEIGHBOURS)
            belongs = np.concatenate([[False], roots[first : first + count] == largest])
            first += count
            return belongs[numbers]

        return kept


def _touching(above: np.ndarray, below: np.ndarray) -> set[tuple[int, int]]:
    """Pairs of numbers of two neighbouring slices that touch."""
    height, width = above.shape
    padded = np.pad(below, 1)
    pairs: set[tuple[int, int]] = set()
    for y, x in product(range(3), repeat=2):
        shifted = padded[y : y + height, x : x + width]
        both = (above > 0) & (shifted > 0)
        pairs.update(zip(above[both].tolist(), shifted[both].tolist(), strict=True))
    return pairs


def _root(parents: list[int], piece: int) -> int:
    while parents[piece] != piece:
        parents[piece] = parents[parents[piece]]
        piece = parents[piece]
    return piece


def _join(parents: list[int], one: int, other: int) -> None:
    first, second = sorted((_root(parents, one), _root(parents, other)))
    parents[second] = first
