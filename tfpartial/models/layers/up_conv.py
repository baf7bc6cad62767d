"""Upsampling and the convolution after it, in one."""

from __future__ import annotations

from typing import Any, ClassVar

import keras
from keras import ops

Tensor = Any


class UpConv(keras.layers.Layer):
    """Nearest upsampling by 2, then a convolution of size 2 without bias, computed as one transposed convolution.

    Upsampled rows come in equal pairs, so that the convolution multiplies the same voxels twice. Row p of the result is

        y[p] = k[0] x[(p - 1) // 2] + k[1] x[p // 2]            (x[-1] = 0; the other axes likewise)

    which is a transposed convolution of stride 2 with the kernel `(k[1], k[0] + k[1], k[0])`: in 2D 9 products a voxel of `x`,
    not 16, and no upsampled features in memory. The weights are those of the convolution of size 2.

    Args:
        filters: number of filters.
    """

    rank: ClassVar[int]
    """Axes of the grid."""

    def __init__(self, filters: int, **options: Any) -> None:
        super().__init__(**options)
        self.filters = filters
        self.input_spec = keras.layers.InputSpec(ndim=self.rank + 2)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        # As in Keras's transposed convolutions: (*grid, filters, channels in).
        shape = (*[2] * self.rank, self.filters, input_shape[-1])
        self.kernel = self.add_weight(name="kernel", shape=shape, initializer="glorot_uniform")

    def call(self, x: Tensor) -> Tensor:
        kernel = self.kernel
        for axis in range(self.rank):
            kernel = _overlapped(kernel, axis)  # in the end (3, 3, filters, channels in), or (3, 3, 3, ...)
        return ops.conv_transpose(x, kernel, strides=2, padding="same", data_format="channels_last")

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        batch, *grid, _ = input_shape
        return (batch, *(side and 2 * side for side in grid), self.filters)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters}


@keras.saving.register_keras_serializable(package="tfpartial")
class UpConv2D(UpConv):
    """`UpConv` of rows and columns, `[B, H, W, C]`."""

    rank = 2


@keras.saving.register_keras_serializable(package="tfpartial")
class UpConv3D(UpConv):
    """`UpConv` of slices, rows and columns, `[B, D, H, W, C]`."""

    rank = 3


UP_CONVOLUTIONS: dict[int, type[UpConv]] = {2: UpConv2D, 3: UpConv3D}


def _overlapped(kernel: Tensor, axis: int) -> Tensor:
    """Taps `(k[0], k[1])` -> `(k[1], k[0] + k[1], k[0])`: what one voxel adds to the three rows that see it."""
    first, second = ops.split(kernel, 2, axis=axis)
    return ops.concatenate([second, first + second, first], axis=axis)
