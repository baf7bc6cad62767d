"""Instance normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

Tensor = Any


@keras.saving.register_keras_serializable(package="tfpartial")
class InstanceNormalization(keras.layers.Layer):
    """Each channel of each slice with mean 0 and variance 1, then scaled and shifted (D. Ulyanov et al. 2016).

        y = gamma (x - mean(x)) / sqrt(var(x) + epsilon) + beta          mean and variance over the grid

    The statistics are float32 under mixed precision too, and training and prediction do the same. The numbers are those of
    Keras's `GroupNormalization(groups=-1)`, whose reshapes take a CPU longer than the rest in float32.

    Args:
        epsilon: added to the variance.
    """

    def __init__(self, epsilon: float = 1e-5, **options: Any) -> None:
        super().__init__(**options)
        self.epsilon = epsilon
        self.autocast = False

    def build(self, input_shape: Sequence[int | None]) -> None:
        self.gamma = self.add_weight(shape=input_shape[-1:], initializer="ones", name="gamma", autocast=False)
        self.beta = self.add_weight(shape=input_shape[-1:], initializer="zeros", name="beta", autocast=False)

    def call(self, inputs: Tensor) -> Tensor:
        x = ops.cast(inputs, "float32")
        mean, variance = ops.moments(x, axes=list(range(1, len(x.shape) - 1)), keepdims=True)
        scale = ops.rsqrt(variance + self.epsilon) * self.gamma
        return ops.cast(x * scale + (self.beta - mean * scale), self.compute_dtype)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> Sequence[int | None]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "epsilon": self.epsilon}
