"""Contours of a slice as a mask."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Rounding = Callable[[np.ndarray], np.ndarray]

ON_CONTOUR = 0.01
"""A centre that is this near to a contour lies on it, in voxels: coordinates are stored as rounded decimal numbers."""


def fill(contours: Sequence[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """The pixels whose centres lie inside of closed contours, or on one of them.

    Inside is even-odd: a contour within another is a hole, one within the hole an island. Centres on a contour belong to it since
    many programs draw contours from centre to centre of a mask's outermost pixels.

    Args:
        contours: float `[points, 2]` each: column and row, the first pixel's centre at (0, 0).
        shape: rows and columns.

    Returns:
        bool of `shape`; parts of contours outside of it have no pixels.
    """
    starts = np.concatenate(contours)
    ends = np.concatenate([np.roll(contour, -1, axis=0) for contour in contours])
    return _inside(starts, ends, shape) | _on(starts, ends, shape)


def interior(contour: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The pixels whose centres lie inside of a closed contour and not on it. Arguments and result as `fill`."""
    ends = np.roll(contour, -1, axis=0)
    return _inside(contour, ends, shape) & ~_on(contour, ends, shape)


def _on(starts: np.ndarray, ends: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The pixels on edges."""
    return _on_edges(starts, ends, shape) | _on_edges(starts[:, ::-1], ends[:, ::-1], shape[::-1]).T


def _inside(starts: np.ndarray, ends: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A pixel is inside when an odd number of edges crosses its row at its left."""
    rows, columns = shape
    # Half-open: an edge has its upper end and not its lower one, so that a corner counts once.
    row, column = _crossings(starts, ends, np.ceil, lambda lower: np.ceil(lower) - 1, rows)
    column = np.clip(np.ceil(column), 0, columns).astype(int)
    crossings = np.bincount(row * (columns + 1) + column, minlength=rows * (columns + 1)).reshape(rows, columns + 1)
    return np.cumsum(crossings, axis=1)[:, :columns] % 2 == 1


def _on_edges(starts: np.ndarray, ends: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The pixels on edges that are at least as steep as 45 degrees."""
    rows, columns = shape
    steep = np.abs(ends - starts)[:, 1] >= np.abs(ends - starts)[:, 0]
    first, last = (lambda upper: np.ceil(upper - ON_CONTOUR)), (lambda lower: np.floor(lower + ON_CONTOUR))
    row, column = _crossings(starts[steep], ends[steep], first, last, rows)
    nearest = np.rint(column)
    on = (np.abs(column - nearest) <= ON_CONTOUR) & (nearest >= 0) & (nearest < columns)
    mask = np.zeros(shape, bool)
    mask[row[on], nearest[on].astype(int)] = True
    return mask


def _crossings(starts: np.ndarray, ends: np.ndarray, first: Rounding, last: Rounding, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """The row and the column, with fractions, of each crossing of an edge with a row that has pixels.

    Args:
        starts, ends: of the edges, column and row.
        first, last: the first and the last row that an edge crosses, of the row where it starts and of that where it ends.
        rows: number of rows.
    """
    swap = starts[:, 1] > ends[:, 1]  # downwards, so that an edge that two contours share is rounded alike in both
    starts, ends = np.where(swap[:, np.newaxis], ends, starts), np.where(swap[:, np.newaxis], starts, ends)
    tops = np.maximum(first(starts[:, 1]), 0).astype(int)
    counts = np.maximum(np.minimum(last(ends[:, 1]), rows - 1).astype(int) - tops + 1, 0)
    edge = np.repeat(np.arange(len(starts)), counts)
    row = tops[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts)
    height = np.maximum(ends[edge, 1] - starts[edge, 1], np.finfo(float).tiny)
    share = np.clip((row - starts[edge, 1]) / height, 0.0, 1.0)
    return row, starts[edge, 0] + share * (ends[edge, 0] - starts[edge, 0])
