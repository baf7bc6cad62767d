"""Batch normalisation in one kernel."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from tfpartial.processor import cpu_flags

Tensor = Any

FORMATS = {4: "NHWC", 5: "NDHWC"}
"""Rank -> the layout that TensorFlow's fused kernel knows."""
DTYPES = ("float32", "bfloat16", "float16")
WIDE, LARGE = "avx512f", 2**21
"""Without these instructions oneDNN is slow where a convolution is fused with the normalisation of so many numbers a slice."""


@keras.saving.register_keras_serializable(package="tfpartial")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Keras's `BatchNormalization`, the same weights and numbers, by TensorFlow's fused kernel.

    Keras casts the features to float32 and composes the normalisation of a dozen operations, each of which goes through memory:
    on a CPU that is a third of a U-Net's training step. The fused kernel reads bfloat16 features once and keeps the statistics in
    float32 (`benchmarks/results/unet_cpu_float32.json`). Other backends and ranks take Keras's own way. So do large features when
    nothing is learned, on a processor without AVX512: TensorFlow would fuse the kernel with the convolution before it, and
    oneDNN's convolution is several times slower with it than without.
    """

    def call(self, inputs: Tensor, training: bool | None = None, mask: Tensor | None = None) -> Tensor:
        fits = len(inputs.shape) in FORMATS and keras.backend.standardize_dtype(inputs.dtype) in DTYPES
        if keras.backend.backend() != "tensorflow" or not fits or mask is not None:
            return super().call(inputs, training=training, mask=mask)
        learning = bool(training and self.trainable)
        if not learning and _slow_when_fused(inputs):
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance = self._fused(inputs, learning)
        if learning:
            count = ops.cast(ops.prod(ops.shape(inputs)[:-1]), "float32")
            self._follow(self.moving_mean, mean)
            self._follow(self.moving_variance, variance * (count - 1.0) / count)  # the kernel gives n-1's, Keras keeps n's
        return outputs

    def _fused(self, inputs: Tensor, learning: bool) -> tuple[Tensor, Tensor, Tensor]:
        """Normalised `inputs`, and the statistics that they were normalised by."""
        import tensorflow as tf  # only under this backend

        result = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=ops.convert_to_tensor(self.gamma),
            offset=ops.convert_to_tensor(self.beta),
            mean=tf.zeros([0]) if learning else ops.convert_to_tensor(self.moving_mean),
            variance=tf.zeros([0]) if learning else ops.convert_to_tensor(self.moving_variance),
            epsilon=self.epsilon,
            data_format=FORMATS[len(inputs.shape)],
            is_training=learning,
        )
        return result.y, result.batch_mean, result.batch_variance

    def _follow(self, moving: Tensor, batch: Tensor) -> None:
        moving.assign(moving * self.momentum + batch * (1.0 - self.momentum))


def _slow_when_fused(inputs: Tensor) -> bool:
    """Whether the convolution before is slow with this normalisation in it; also where the slice's size is not known."""
    sides = inputs.shape[1:]
    return bool(cpu_flags()) and WIDE not in cpu_flags() and (None in sides or math.prod(sides) >= LARGE)
