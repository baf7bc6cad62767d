"""From slices in stored order to slabs in LPS order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from tfpartial.data.geometry import Geometry

SLOWEST = 2
"""The stored axis whose slices lie one after the other."""


def lps_slabs(native: Geometry, read: Callable[[int, int], np.ndarray], size: int) -> Iterator[tuple[int, np.ndarray]]:
    """Yields `(z_start, [n, Y, X])` in LPS from the feet to the head, n = `size` and less at the end.

    Only the slab is in memory when z is the slowest stored axis; else the whole volume is read once.

    Args:
        native: the stored grid.
        read: gives the stored slices `start..stop-1` along the slowest axis as `[stop - start, second axis, first axis]`.
        size: slices per slab.
    """
    depth = native.shape_zyx[0]
    axis, towards_feet = native.stored_z()
    whole = None if axis == SLOWEST else native.to_lps(read(0, native.size_xyz[SLOWEST]))
    for start in range(0, depth, size):
        stop = min(start + size, depth)
        if whole is not None:
            yield start, whole[start:stop]
        else:
            # No name is kept for the slab here: it would stay in memory while the next one is read.
            yield start, native.to_lps(read(depth - stop, depth - start) if towards_feet else read(start, stop))
