"""Slices without a contour between slices with contours, and their shapes by interpolation."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from scipy import ndimage


def gaps(places: Iterable[int]) -> list[range]:
    """The runs of slices without a contour between the first and the last of `places`, the slices that have one."""
    return [range(low + 1, high) for low, high in pairwise(sorted(set(places))) if high > low + 1]


def interpolate(planes: np.ndarray, gap: range, spacing_mm: tuple[float, float]) -> bool:
    """Draws a structure on the slices of a gap, from the shapes on both sides of it.

    The signed distances to both contours are interpolated linearly along the slices (Raya and Udupa 1990, doi:10.1109/42.52980).

    Args:
        planes: bool `[slices, rows, columns]`, changed in place.
        gap: slices, with a drawn slice on either side.
        spacing_mm: distance of rows and of columns.

    Returns:
        Whether every slice got a voxel; shapes that lie apart give none, and `planes` is then left as it was.
    """
    below, above = planes[gap.start - 1], planes[gap.stop]
    rows, columns = (np.flatnonzero((below | above).any(axis=axis)) for axis in (1, 0))
    if not (below.any() and above.any()):
        return False
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    first, second = (_signed_mm(plane[box], spacing_mm) for plane in (below, above))
    shares = [(place - gap.start + 1) / (len(gap) + 1) for place in gap]
    drawn = [first * (1 - share) + second * share > 0 for share in shares]
    if not all(plane.any() for plane in drawn):
        return False
    for place, plane in zip(gap, drawn, strict=True):
        planes[place][box] = plane
    return True


def _signed_mm(mask: np.ndarray, spacing_mm: tuple[float, float]) -> np.ndarray:
    """Distance of each pixel from the nearest one of the other kind, negative outside of the mask; all beyond is outside."""
    padded = np.pad(mask, 1)
    inside, outside = (ndimage.distance_transform_edt(part, sampling=spacing_mm) for part in (padded, ~padded))
    return (inside - outside)[1:-1, 1:-1]
