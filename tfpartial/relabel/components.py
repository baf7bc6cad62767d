"""Connected pieces of an organ in a volume that passes slab by slab."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import product

import numpy as np
from scipy import ndimage

NEIGHBOURS = np.ones((3, 3, 3), bool)
"""Voxels that touch at a corner are connected."""
Masks = Callable[[], Iterable[np.ndarray]]
"""Gives the slabs of a mask, bool `[n, H, W]`, from the first slice to the last, each time it is called."""


def largest_piece(masks: Masks) -> Iterator[np.ndarray]:
    """The slabs of the largest connected piece (26 neighbours), of equal ones the first.

    The mask is gone through twice; in memory are one slab and a number per piece.
    """
    roots, sizes = _pieces(masks())
    largest = int(np.argmax(np.bincount(roots, weights=sizes, minlength=1))) if len(roots) else -1
    first = 0
    for mask in masks():
        numbers, count = ndimage.label(mask, NEIGHBOURS)
        belongs = np.concatenate([[False], roots[first : first + count] == largest])
        yield belongs[numbers]
        first += count


def _pieces(masks: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """For each piece of each slab, in their order: the first piece that it is connected with, and its voxels."""
    parents: list[int] = []
    sizes: list[int] = []
    above: np.ndarray | None = None  # the last slice of the slab before, with the pieces' numbers from 1 on
    for mask in masks:
        numbers, count = ndimage.label(mask, NEIGHBOURS)
        first = len(parents)
        parents.extend(range(first, first + count))
        sizes.extend(np.bincount(numbers.ravel(), minlength=count + 1)[1:].tolist())
        numbers[numbers > 0] += first
        if above is not None:
            for one, other in _touching(above, numbers[0]):
                _join(parents, one - 1, other - 1)
        above = numbers[-1]
    return np.array([_root(parents, piece) for piece in range(len(parents))], int), np.array(sizes)


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
