"""Where a voxel is, as numbers that attention can read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

Tensor = Any

LONGEST = 10_000.0
"""Wave lengths go from 2 pi to this times 2 pi, in voxels of the features (A. Vaswani et al. 2017, section 3.5)."""


def sinusoids(length: int, channels: int) -> np.ndarray:
    """float32 `[length, channels]`: sine and cosine in turn, of wave lengths that grow geometrically."""
    waves = LONGEST ** (-np.arange(0, channels, 2) / channels)
    angles = np.arange(length)[:, None] * waves  # (length, channels / 2, rounded up)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, -1)[:, :channels].astype("float32")


def encoding_2d(rows: int, columns: int, channels: int) -> np.ndarray:
    """float32 `[rows, columns, channels]`: the first half of the channels tells the row, the others the column."""
    by_row, by_column = sinusoids(rows, channels // 2), sinusoids(columns, channels - channels // 2)
    down = np.broadcast_to(by_row[:, None], (rows, columns, by_row.shape[-1]))
    across = np.broadcast_to(by_column[None], (rows, columns, by_column.shape[-1]))
    return np.concatenate([down, across], axis=-1)


@keras.saving.register_keras_serializable(package="tfpartial")
class PositionEncoding2D(keras.layers.Layer):
    """Adds sine and cosine of its row and column to each voxel of features `[B, H, W, C]`, H and W fixed; nothing is learned."""

    def build(self, input_shape: Sequence[int | None]) -> None:
        _, rows, columns, channels = input_shape
        if not (rows and columns and channels):
            raise ValueError(f"expected features [B, H, W, C] of a known size, got {tuple(input_shape)}")
        self._encoding = encoding_2d(rows, columns, channels)

    def call(self, x: Tensor) -> Tensor:
        return x + ops.cast(self._encoding, x.dtype)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        return tuple(input_shape)
