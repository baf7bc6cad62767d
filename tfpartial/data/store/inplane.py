"""The map between a native slice and the network's slice."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tfpartial.data.number_map import AIR_HU
from tfpartial.errors import TfpartialError

SAME_SPACING = 1e-4
"""Relative difference below which a slice is not resampled: 0.05 voxels over 512."""


@dataclass(frozen=True)
class InPlane:
    """Resamples a slice to a spacing if asked, then pads or crops it around its centre to the network's size.

    The way back is the same map reversed: exact when nothing is cropped or resampled.

    Args:
        native_size: rows and columns of the volume's slices.
        size: rows and columns of the network's slices.
        native_spacing_mm: spacing of the native rows and columns; needed with `spacing_mm`.
        spacing_mm: spacing of the network's rows and columns; none keeps the native one.

    Raises:
        TfpartialError: a size that is not positive, or a spacing that is missing or not positive.
    """

    native_size: tuple[int, int]
    size: tuple[int, int]
    native_spacing_mm: tuple[float, float] | None = None
    spacing_mm: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if min(*self.native_size, *self.size) < 1:
            raise TfpartialError(f"in-plane size: expected positive numbers, got {self.native_size} to {self.size}")
        if self.spacing_mm is None:
            return
        if self.native_spacing_mm is None:
            raise TfpartialError("in-plane spacing: resampling needs the native spacing, got none")
        if not all(length > 0 for length in (*self.spacing_mm, *self.native_spacing_mm)):
            text = f"{self.native_spacing_mm} to {self.spacing_mm}"
            raise TfpartialError(f"in-plane spacing: expected positive mm, got {text}")

    @cached_property
    def resampled(self) -> bool:
        """Whether the spacing changes."""
        return not np.allclose(self._steps, 1.0, rtol=0.0, atol=SAME_SPACING)

    @cached_property
    def cropped(self) -> bool:
        """Whether there are native voxels that the network does not see."""
        return any(grid > size for grid, size in zip(self.grid, self.size, strict=True))

    def image(self, slices: np.ndarray, padding: float | np.ndarray = AIR_HU) -> np.ndarray:
        """int16 or floats `[n, Y, X, C]` to `[n, H, W, C]`: linear when resampling, padded with air or a number per channel."""
        if self.resampled:
            moved = self._forward(slices.astype(np.float32), nearest=False)
            whole = np.issubdtype(slices.dtype, np.integer)
            slices = (np.rint(moved) if whole else moved).astype(slices.dtype)
        return fit(slices, self.size, padding)

    def label(self, slices: np.ndarray) -> np.ndarray:
        """uint8 `[n, Y, X]` to `[n, H, W]`: nearest when resampling, padded with 0."""
        return fit(self._forward(slices, nearest=True), self.size, 0)

    def native_label(self, slices: np.ndarray) -> np.ndarray:
        """uint8 `[n, H, W]` to `[n, Y, X]`: nearest when resampling, 0 where the network did not see."""
        return self._backward(fit(slices, self.grid, 0), nearest=True)

    def native_probability(self, slices: np.ndarray) -> np.ndarray:
        """float `[n, H, W, K]` to `[n, Y, X, K]`: linear when resampling, 0 where the network did not see."""
        return self._backward(fit(slices, self.grid, 0), nearest=False)

    @cached_property
    def _steps(self) -> tuple[float, float]:
        """Native voxels per network voxel, rows and columns."""
        if self.spacing_mm is None or self.native_spacing_mm is None:
            return (1.0, 1.0)
        rows, columns = (new / old for new, old in zip(self.spacing_mm, self.native_spacing_mm, strict=True))
        return rows, columns

    @cached_property
    def grid(self) -> tuple[int, int]:
        """Rows and columns after resampling, before padding: as many as cover the native field of view."""
        if not self.resampled:
            return self.native_size
        rows, columns = (
            max(1, math.ceil(count / step - SAME_SPACING)) for count, step in zip(self.native_size, self._steps, strict=True)
        )
        return rows, columns

    def _forward(self, slices: np.ndarray, nearest: bool) -> np.ndarray:
        return self._resample(slices, self.native_size, self.grid, self._steps, nearest)

    def _backward(self, slices: np.ndarray, nearest: bool) -> np.ndarray:
        inverse = (1.0 / self._steps[0], 1.0 / self._steps[1])
        return self._resample(slices, self.grid, self.native_size, inverse, nearest)

    def _resample(
        self, slices: np.ndarray, old: tuple[int, int], new: tuple[int, int], steps: tuple[float, float], nearest: bool
    ) -> np.ndarray:
        if not self.resampled:
            return slices
        for axis, (old_count, new_count, step) in enumerate(zip(old, new, steps, strict=True), start=1):
            # Both grids have the same centre.
            places = (old_count - 1) / 2 + (np.arange(new_count) - (new_count - 1) / 2) * step
            slices = _interpolate(slices, places.clip(0, old_count - 1), axis, nearest)
        return slices


def fit(slices: np.ndarray, size: tuple[int, int], fill: float | np.ndarray) -> np.ndarray:
    """Pads or crops axes 1 and 2 of `[n, Y, X, ...]` around the centre to `size`.

    Of an odd difference the smaller part is at the start, for padding as for cropping: fitting to a larger size and back is
    exact.
    """
    old = slices.shape[1:3]
    if old == tuple(size):
        return slices
    fitted = np.full((len(slices), *size, *slices.shape[3:]), fill, dtype=slices.dtype)
    source, target = zip(*(_overlap(before, after) for before, after in zip(old, size, strict=True)), strict=True)
    fitted[:, target[0], target[1]] = slices[:, source[0], source[1]]
    return fitted


def _overlap(old: int, new: int) -> tuple[slice, slice]:
    """Where the common part of a centred old and new axis is: in the old one, in the new one."""
    shift = abs(new - old) // 2
    common = min(old, new)
    moved, fixed = slice(shift, shift + common), slice(0, common)
    return (fixed, moved) if new > old else (moved, fixed)


def _interpolate(slices: np.ndarray, places: np.ndarray, axis: int, nearest: bool) -> np.ndarray:
    """Values of `slices` at fractional `places` along `axis`; these lie within the axis."""
    if nearest:
        return slices.take(np.floor(places + 0.5).astype(int), axis=axis)
    lower = np.floor(places).astype(int)
    upper = np.minimum(lower + 1, slices.shape[axis] - 1)
    shape = [1] * slices.ndim
    shape[axis] = len(places)
    weight = (places - lower).astype(slices.dtype).reshape(shape)
    return slices.take(lower, axis=axis) * (1 - weight) + slices.take(upper, axis=axis) * weight
