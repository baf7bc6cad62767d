"""Tilted or unevenly spaced slices, resampled onto a grid.

The grid keeps the slices' own planes, so only shifts within a plane (for the tilt) and steps along the normal (for the distances)
are interpolated, each linearly: together the linear interpolation in world space between neighbouring slices. Where the distances
are even, every slice stays a slice, and contours that were drawn on it stay in one plane.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import ndimage

from tfpartial.data.formats.dicom_grid import Stack

EXACT = 1e-6
"""Shifts and weights below this are rounding errors."""


class Resampled:
    """A grid that covers a stack, and its slices.

    The distance of the new slices is the median of the old ones, changed by so little that the first and the last slice keep
    their places. Unlike the smallest distance, the median is not decided by the one odd step where two scans were joined, and in
    a series that lacks slices it is the true distance, so all slices keep their places.

    Args:
        stack: the slices.
        read: gives the pixels `[Y, X]` of the slice of a number in the stack.
        outside: the value where no slice was measured.
    """

    def __init__(self, stack: Stack, read: Callable[[int], np.ndarray], outside: float) -> None:
        self._stack = stack
        self._read_slice = read
        self._outside = outside
        self._places_mm = stack.offsets_mm[:, 2]
        shifts = stack.offsets_mm[:, :2] / stack.spacing_mm_xy  # [n, 2] in pixels x, y
        shifts = np.where(np.abs(shifts - np.rint(shifts)) < EXACT, np.rint(shifts), shifts)
        start = np.floor(shifts.min(axis=0))
        self._shifts = shifts - start
        height, width = stack.slices[0].size_yx
        size_xy = np.array([width, height]) + np.ceil(self._shifts.max(axis=0)).astype(int)
        extent_mm = float(self._places_mm[-1])
        steps = max(1, round(extent_mm / float(np.quantile(stack.distances_mm, 0.5, method="lower"))))
        self.native = stack.grid((*size_xy, steps + 1), extent_mm / steps, (*(start * stack.spacing_mm_xy), 0.0))

    def detail(self) -> dict[str, Any]:
        """What was done, for the history."""
        distances_mm = self._stack.distances_mm
        return {
            "tilt_degrees": round(self._stack.tilt_degrees, 4),
            "distances_mm": [round(float(distances_mm.min()), 4), round(float(distances_mm.max()), 4)],
            "to_distance_mm": round(self.native.spacing_mm_xyz[2], 4),
            "size_xyz": [[*self._stack.slices[0].size_yx[::-1], len(self._stack.slices)], list(self.native.size_xyz)],
            "interpolation": "linear",
            "outside": self._outside,
        }

    def read(self, start: int, stop: int) -> np.ndarray:
        """float32 `[stop - start, Y, X]`: slices of the grid."""
        plane = lru_cache(maxsize=2)(self._plane)  # neighbouring slices of the grid lie between the same two
        return np.stack([self._between(plane, number) for number in range(start, stop)])

    def _between(self, plane: Callable[[int], np.ndarray], number: int) -> np.ndarray:
        place_mm = number * self.native.spacing_mm_xyz[2]
        upper = int(np.clip(np.searchsorted(self._places_mm, place_mm), 1, len(self._places_mm) - 1))
        below_mm, above_mm = self._places_mm[upper - 1 : upper + 1]
        weight = (place_mm - below_mm) / (above_mm - below_mm)
        if weight < EXACT:
            return plane(upper - 1)
        if weight > 1 - EXACT:
            return plane(upper)
        return plane(upper - 1) * np.float32(1 - weight) + plane(upper) * np.float32(weight)

    def _plane(self, number: int) -> np.ndarray:
        """A slice on the grid's pixels, shifted within its plane to where it lies."""
        width, height, _ = self.native.size_xyz
        canvas = np.full((height, width), self._outside, np.float32)
        pixels = self._read_slice(number)
        x, y = self._shifts[number]
        top, left = math.floor(y), math.floor(x)
        canvas[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
        rest = (y - top, x - left)
        return ndimage.shift(canvas, rest, order=1, mode="grid-constant", cval=self._outside) if any(rest) else canvas
