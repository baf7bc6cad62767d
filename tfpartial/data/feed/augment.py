"""Random affine augmentation on the device. Drawing the parameters is apart from applying them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from tfpartial.config import AugmentConfig
from tfpartial.data.feed.batch import ENTRIES, Entry

Fill = float | np.ndarray
SHARE_SEED = 1
"""Folded into the seed for the chances of a change."""


class Affine(NamedTuple):
    """One affine map per slice, about the slice's centre.

    Args:
        shift: float32 `[B, 2]`, rows and columns, as a share of the slice's side.
        rotation: float32 `[B]`, radians.
        scale: float32 `[B]`, 1 keeps the size.
        flip: float32 `[B]`, -1 where left and right change places, else 1.
    """

    shift: Any
    rotation: Any
    scale: Any
    flip: Any


def draw_affine(config: AugmentConfig, batch: int, seed: Any) -> Affine:
    """Draws one map per slice.

    Args:
        config: the ranges.
        batch: number of slices, B.
        seed: int `[2]`; the same seed draws the same maps, so a resumed training goes on as if never interrupted.
    """
    draws = tf.random.stateless_uniform([batch, 5], seed, minval=-1.0, maxval=1.0)
    shift = draws[:, 0:2] * config.translation
    rotation = draws[:, 2] * math.radians(config.rotation_deg)
    smaller, larger = config.scale_changes
    scale = 1.0 + draws[:, 3] * ops.where(draws[:, 3] < 0.0, smaller, larger)
    rotation, scale = _in_some_slices(config, rotation, scale, seed)
    flip = ops.where(draws[:, 4] < 0.0, -1.0, 1.0) if config.flip else ops.ones_like(scale)
    return Affine(shift, rotation, scale, flip)


def _in_some_slices(config: AugmentConfig, rotation: Any, scale: Any, seed: Any) -> tuple[Any, Any]:
    """Rotations and scales of the shares of the slices that have any. Drawn apart: what else is drawn does not depend on it."""
    if config.rotation_share == config.scale_share == 1.0:
        return rotation, scale
    chances = tf.random.stateless_uniform([rotation.shape[0], 2], tf.random.experimental.stateless_fold_in(seed, SHARE_SEED))
    rotated, scaled = chances[:, 0] < config.rotation_share, chances[:, 1] < config.scale_share
    return ops.where(rotated, rotation, 0.0), ops.where(scaled, scale, 1.0)


def warp(slices: Any, affine: Affine, interpolation: str, fill: Fill) -> Any:
    """Moves each slice by its map.

    Args:
        slices: `[B, H, W, C]`, float32 for `bilinear`, any number for `nearest`.
        affine: the maps.
        interpolation: `bilinear` for images, `nearest` for labels.
        fill: value outside the slice; of all channels, or float32 `[C]` of each for `bilinear`.

    Returns:
        The same shape and dtype.
    """
    if np.ndim(fill):  # Keras fills with one number
        return warp(slices - fill, affine, interpolation, 0.0) + fill
    return _resample(slices, _backward_matrices(affine, *slices.shape[1:3]), interpolation, fill)


def warp_batch(batch: Mapping[str, Any], affine: Affine, fills: Mapping[str, Fill]) -> dict[str, Any]:
    """Moves every map of a batch as `ENTRIES` says; what is no map stays as it is.

    Args:
        batch: entries by name.
        affine: the maps.
        fills: name -> value outside the slice, where it is not the entry's own.
    """
    moved = {name: entry for name, entry in ENTRIES.items() if entry.moved is not None and name in batch}
    return {**batch, **{name: _warped(batch[name], entry, affine, fills.get(name, entry.fill)) for name, entry in moved.items()}}


def _warped(maps: Any, entry: Entry, affine: Affine, fill: Fill) -> Any:
    dtype = keras.backend.standardize_dtype(maps.dtype)
    maps = ops.cast(maps, "uint8") if dtype == "bool" else maps  # bits cannot be moved, bytes can
    flat = len(maps.shape) == 3  # [B, H, W]
    moved = warp(ops.expand_dims(maps, -1) if flat else maps, affine, entry.moved or "nearest", fill)
    return ops.cast(ops.squeeze(moved, -1) if flat else moved, dtype)


def unwarp(slices: Any, affine: Affine, interpolation: str, fill: float) -> Any:
    """Moves each slice back: the inverse of `warp`, but for what left the slice. Arguments and result as there."""
    return _resample(slices, _inverse(_backward_matrices(affine, *slices.shape[1:3])), interpolation, fill)


def _resample(slices: Any, matrices: Any, interpolation: str, fill: Fill) -> Any:
    return ops.image.affine_transform(slices, matrices, interpolation=interpolation, fill_mode="constant", fill_value=fill)


def _backward_matrices(affine: Affine, height: int, width: int) -> Any:
    """Where each output voxel is read: rows (a0, a1, a2, b0, b1, b2, 0, 0) with x' = a0 x + a1 y + a2, y' = b0 x + b1 y + b2."""
    cosine = ops.cos(affine.rotation) / affine.scale
    sine = ops.sin(affine.rotation) / affine.scale
    a0, a1, b0, b1 = cosine * affine.flip, sine, -sine * affine.flip, cosine
    centre_x, centre_y = (width - 1) / 2.0, (height - 1) / 2.0
    from_x = centre_x + affine.shift[:, 1] * width
    from_y = centre_y + affine.shift[:, 0] * height
    a2 = centre_x - a0 * from_x - a1 * from_y
    b2 = centre_y - b0 * from_x - b1 * from_y
    zero = ops.zeros_like(a0)
    return ops.stack([a0, a1, a2, b0, b1, b2, zero, zero], axis=1)


def _inverse(matrices: Any) -> Any:
    """The inverse maps, in the same form as `_backward_matrices`."""
    a0, a1, a2, b0, b1, b2 = ops.unstack(matrices[:, :6], axis=1)
    determinant = a0 * b1 - a1 * b0
    back = (b1, -a1, a1 * b2 - a2 * b1, -b0, a0, a2 * b0 - a0 * b2)
    zero = ops.zeros_like(a0)
    return ops.stack([*(value / determinant for value in back), zero, zero], axis=1)
