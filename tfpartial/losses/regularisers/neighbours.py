"""Sums over the voxels of a window, each weighed by how alike and how near it is: the bilateral kernel of a dense CRF."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from keras import ops

from tfpartial.errors import TfpartialError
from tfpartial.losses.base import Tensor


class Window(NamedTuple):
    """k_ij = exp(-|x_i - x_j|² / (2 s_x²) - d_ij² / (2 s_d²)) of the voxels of a window around i; x the image, d in mm.

    Args:
        side: rows and columns of the window, an odd number.
        slices: its slices on a 3D grid, an odd number.
        sigma_intensity: s_x, in numbers of the normalised image.
        sigma_mm: s_d.
    """

    side: int
    slices: int
    sigma_intensity: float
    sigma_mm: float

    def require(self) -> None:
        """Raises `TfpartialError` for an even window, one of a single voxel, or a standard deviation that is not above 0."""
        for option, length, least in (("window", self.side, 3), ("window_slices", self.slices, 1)):
            if length < least or length % 2 == 0:
                raise TfpartialError(f"{option}: expected an odd number from {least} on, got {length}")
        for option, sigma in (("sigma_intensity", self.sigma_intensity), ("sigma_mm", self.sigma_mm)):
            if sigma <= 0:
                raise TfpartialError(f"{option}: expected more than 0, got {sigma:g}")

    def radii(self, grid: Sequence[int]) -> tuple[int, ...]:
        """How far it reaches along each axis of a grid, `(H, W)` or `(D, H, W)`; not beyond the grid."""
        sides = (self.slices, self.side, self.side)[-len(grid) :]
        return tuple(min(side // 2, length - 1) for side, length in zip(sides, grid, strict=True))


def neighbour_sums(values: Tensor, image: Tensor, spacing_mm: Tensor, window: Window) -> Tensor:
    """sum_j k_ij v_j over the other voxels j of the window around each voxel i; nothing is outside of the grid.

    The kernel is never stored: one pair of opposite offsets at a time is added up, and shares the kernel, for k_ij = k_ji.

    Args:
        values: v, `[B, *grid, C]`; grid is `H, W` or `D, H, W`.
        image: `[B, *grid, channels]`, normalised.
        spacing_mm: `[B, 3]`, spacing z, y, x.
        window: the kernel.

    Returns:
        `[B, *grid, C]`, of the type of `values`. It has no gradient to the image.
    """
    grid = values.shape[1:-1]
    radii = window.radii(grid)
    offsets = _half_of(radii)
    if not len(offsets):
        return ops.zeros_like(values)
    # Channels first: a kernel of one voxel then weighs whole rows, which is several times as fast as weighing single numbers.
    inner = ops.moveaxis(values, -1, 0)  # (C, B, *grid)
    padded = ops.pad(inner, [(0, 0), (0, 0), *((radius, radius) for radius in radii)])
    scaled = ops.moveaxis(ops.cast(image, values.dtype), -1, 0) / (math.sqrt(2) * window.sigma_intensity)
    looks = ops.pad(scaled, [(0, 0), (0, 0), *((2 * radius, 2 * radius) for radius in radii)])  # (channels, B, *)
    steps = ops.cast(spacing_mm[:, -len(grid) :], values.dtype) / (math.sqrt(2) * window.sigma_mm)  # (B, axes)
    wide = tuple(side + 2 * radius for side, radius in zip(grid, radii, strict=True))
    batch = ops.shape(inner)[1]
    reach, moves = ops.convert_to_tensor(radii, dtype="int32"), ops.convert_to_tensor(offsets)

    def part(tensor: Tensor, start: Tensor, sides: Sequence[int]) -> Tensor:
        """A part of the grid of `[n, B, *]`, from a place on."""
        first = ops.concatenate([ops.zeros((2,), dtype="int32"), start], axis=0)
        return ops.slice(tensor, first, (tensor.shape[0], batch, *sides))

    def add(number: Tensor, total: Tensor) -> Tensor:
        move = moves[number]
        unlike = ops.square(part(looks, reach, wide) - part(looks, reach + move, wide))  # (channels, B, *wide)
        apart = ops.sum(ops.square(steps * ops.cast(move, steps.dtype)), axis=-1)  # (B,)
        near = ops.exp(-ops.sum(unlike, axis=0, keepdims=True) - ops.reshape(apart, (1, -1, *[1] * len(grid))))
        ahead = part(near, reach, grid) * part(padded, reach + move, grid)
        behind = part(near, reach - move, grid) * part(padded, reach - move, grid)
        return total + ahead + behind

    return ops.moveaxis(ops.fori_loop(0, len(offsets), add, ops.zeros_like(inner)), 0, -1)


def _half_of(radii: Sequence[int]) -> np.ndarray:
    """One of each pair of opposite offsets of a window, without the middle, int32 `[n, axes]`."""
    offsets = itertools.product(*(range(-radius, radius + 1) for radius in radii))
    return np.array([offset for offset in offsets if offset > (0,) * len(radii)], np.int32).reshape(-1, len(radii))
