"""Upsampling and the convolution after it, in one."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

Tensor = Any


@keras.saving.register_keras_serializable(package="tfpartial")
class UpConv2D(keras.layers.Layer):
    """Nearest upsampling by 2, then a 2x2 convolution without bias, computed as one transposed convolution.

    Upsampled rows come in equal pairs, so that the convolution multiplies the same voxels twice. Row p of the result is

        y[p] = k[0] x[(p - 1) // 2] + k[1] x[p // 2]            (x[-1] = 0; columns likewise)

    which is a transposed convolution of stride 2 with the kernel `(k[1], k[0] + k[1], k[0])`: 9 products a voxel of `x`, not 16,
    and no upsampled features in memory. The weights are those of the 2x2 convolution.

    Args:
        filters: number of filters.
    """

    def __init__(self, filters: int, **options: Any) -> None:
        super().__init__(**options)
        self.filters = filters
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        # As in Conv2DTranspose: (rows, columns, filters, channels in).
        self.kernel = self.add_weight(name="kernel", shape=(2, 2, self.filters, input_shape[-1]), initializer="glorot_uniform")

    def call(self, x: Tensor) -> Tensor:
        kernel = _overlapped(_overlapped(self.kernel, axis=0), axis=1)  # (3, 3, filters, channels in)
        return ops.conv_transpose(x, kernel, strides=2, padding="same", data_format="channels_last")

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        batch, rows, columns, _ = input_shape
        return batch, rows and 2 * rows, columns and 2 * columns, self.filters

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters}


def _overlapped(kernel: Tensor, axis: int) -> Tensor:
    """Taps `(k[0], k[1])` -> `(k[1], k[0] + k[1], k[0])`: what one voxel adds to the three rows that see it."""
    first, second = ops.split(kernel, 2, axis=axis)
    return ops.concatenate([second, first + second, first], axis=axis)
