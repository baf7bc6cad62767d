"""Several contours of one structure on one slice: which is a hole, which is drawn twice, which overlap."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np

from tfpartial.data.formats.even_odd import fill, interior

ALIKE = 0.5
"""Contours that are nowhere farther apart than this, in voxels, are one: what lies between them is no wall on this grid."""
TOUCH = 0.1
"""How far a contour may stick out of one that it lies in, in voxels: coordinates are rounded."""
SAMPLE = 0.25
"""Distance of the points, in voxels, at which a contour is compared with another."""
PAIRS = 1 << 18
"""Pairs of a point and an edge in memory at a time."""


Around = Mapping[int, Sequence[int]]
"""Place of a contour -> those of the contours that it lies in."""


@dataclass(frozen=True)
class Drawn:
    """A structure on one slice.

    Args:
        mask: bool `[rows, columns]`.
        repeated: number of contours that were left out since another one is the same.
        overlapping: whether pieces overlap of which none lies within the other; they were united.
    """

    mask: np.ndarray
    repeated: int
    overlapping: bool


def draw(contours: Sequence[np.ndarray], shape: tuple[int, int], exclusive: bool = False) -> Drawn:
    """The pixels of a structure.

    A contour within another is a hole, one within the hole an island. Pieces of which none lies within the other are united. A
    contour that repeats another counts once. Each contour alone is even-odd, so that a keyhole (a contour that goes into its hole
    over a bridge) keeps it.

    Args:
        contours: float `[points, 2]` each: column and row, the first pixel's centre at (0, 0).
        shape: rows and columns.
        exclusive: they are to be combined by exclusive or, as `CLOSEDPLANAR_XOR` says; a repetition still counts once.
    """
    kept: list[np.ndarray] = []
    for contour in contours:
        if not any(_alike(contour, other) for other in kept):
            kept.append(contour)
    repeated = len(contours) - len(kept)
    if exclusive or len(kept) == 1:
        return Drawn(fill(kept, shape), repeated, False)
    around = _around(kept)
    mask = np.zeros(shape, bool)
    for outermost in (place for place, outer in around.items() if not outer):
        mask |= _piece(outermost, kept, around, shape)
    return Drawn(mask, repeated, _overlap(kept, around))


def _around(contours: Sequence[np.ndarray]) -> Around:
    """What lies in what. Two that lie in each other (a ring drawn as a keyhole, and its rim) do not nest."""
    places = range(len(contours))
    inside = {(inner, outer) for inner, outer in permutations(places, 2) if _within(contours[inner], contours[outer])}
    return {inner: [outer for outer in places if (inner, outer) in inside and (outer, inner) not in inside] for inner in places}


def _piece(outermost: int, contours: Sequence[np.ndarray], around: Around, shape: tuple[int, int]) -> np.ndarray:
    """A contour that lies in no other, with its holes, their islands and so on."""
    mask = fill([contours[outermost]], shape)
    level = {outermost: 0}
    members = sorted((inner for inner, outer in around.items() if outermost in outer), key=lambda inner: len(around[inner]))
    for inner in members:  # those that lie around a contour are in fewer contours than it, so they come first
        level[inner] = 1 + max(level[outer] for outer in around[inner] if outer in level)
    for inner in sorted(members, key=level.__getitem__):
        if level[inner] % 2:
            mask &= ~interior(contours[inner], shape)
        else:
            mask |= fill([contours[inner]], shape)
    return mask


def _overlap(contours: Sequence[np.ndarray], around: Around) -> bool:
    """Whether two contours of which none lies within the other share an area."""
    return any(
        _enters(contours[one], contours[other]) or _enters(contours[other], contours[one])
        for one, other in combinations(range(len(contours)), 2)
        if one not in around[other] and other not in around[one]
    )


def _enters(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether a contour goes into the area of another, deeper than `TOUCH`."""
    if (one.min(axis=0) > other.max(axis=0)).any() or (other.min(axis=0) > one.max(axis=0)).any():
        return False
    points = _sampled(one)
    inside = points[_encloses(other, points)]
    return bool(inside.size) and bool((_distances(inside, other) > TOUCH).any())


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two contours are nowhere farther apart than `ALIKE`."""
    if np.array_equal(one, other):
        return True
    boxes = [np.concatenate([contour.min(axis=0), contour.max(axis=0)]) for contour in (one, other)]
    if np.abs(boxes[0] - boxes[1]).max() > ALIKE:
        return False
    return bool((_distances(_sampled(one), other) <= ALIKE).all() and (_distances(_sampled(other), one) <= ALIKE).all())


def _within(inner: np.ndarray, outer: np.ndarray) -> bool:
    """Whether a contour lies in the area of another, but for `TOUCH`."""
    if (inner.min(axis=0) < outer.min(axis=0) - TOUCH).any() or (inner.max(axis=0) > outer.max(axis=0) + TOUCH).any():
        return False
    points = _sampled(inner)
    outside = points[~_encloses(outer, points)]
    return not outside.size or bool((_distances(outside, outer) <= TOUCH).all())


def _sampled(contour: np.ndarray) -> np.ndarray:
    """Points `[n, 2]` along a closed contour, its own among them, at most `SAMPLE` apart."""
    ends = np.roll(contour, -1, axis=0)
    counts = np.maximum(np.ceil(np.linalg.norm(ends - contour, axis=1) / SAMPLE), 1).astype(int)
    edge = np.repeat(np.arange(len(contour)), counts)
    share = (np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts)) / counts[edge]
    return contour[edge] + share[:, np.newaxis] * (ends - contour)[edge]


def _encloses(contour: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Which points `[n, 2]` lie inside of a closed contour, by even-odd."""
    (x, y), (next_x, next_y) = contour.T, np.roll(contour, -1, axis=0).T
    rise = np.where(next_y == y, 1.0, next_y - y)  # a level edge is not crossed

    def odd(part: np.ndarray) -> np.ndarray:
        at_x, at_y = part[:, :1], part[:, 1:]  # [n, 1] against [edges]
        crosses = (y > at_y) != (next_y > at_y)
        return np.count_nonzero(crosses & (at_x < x + (at_y - y) * (next_x - x) / rise), axis=1) % 2 == 1

    return _in_parts(odd, points, len(contour))


def _distances(points: np.ndarray, contour: np.ndarray) -> np.ndarray:
    """Distances `[n]` of points `[n, 2]` from the nearest edge of a closed contour."""
    edges = np.roll(contour, -1, axis=0) - contour
    squares = np.maximum((edges**2).sum(axis=1), np.finfo(float).tiny)

    def nearest(part: np.ndarray) -> np.ndarray:
        apart = part[:, np.newaxis] - contour  # [n, edges, 2]
        share = np.clip((apart * edges).sum(axis=-1) / squares, 0.0, 1.0)
        return np.sqrt(((apart - share[..., np.newaxis] * edges) ** 2).sum(axis=-1).min(axis=1))

    return _in_parts(nearest, points, len(contour))


def _in_parts(function: Callable[[np.ndarray], np.ndarray], points: np.ndarray, edges: int) -> np.ndarray:
    """A function of points that takes memory for every pair of a point and an edge, a few points at a time."""
    size = max(1, PAIRS // edges)
    return np.concatenate([function(points[start : start + size]) for start in range(0, len(points), size)])
