"""A moving average of a network's weights and batch statistics."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
from keras import ops


class WeightAverage:
    """The average of what a network was at the last optimiser steps, weights and batch statistics alike.

        a <- a + (1 - m_t) (w - a)        m_t = min(m, (1 + t) / (10 + t)),   t steps so far

    A constant momentum would remember the first weights of a short training: of 300 steps at 0.999, the first has 74 % of the
    average. The batch statistics are averaged as the weights are: those of the last weights belong to another network.

    Args:
        network: the network; its present variables are the first average.
        momentum: m, above 0 and below 1.
    """

    def __init__(self, network: keras.Model, momentum: float) -> None:
        self.momentum = momentum
        self._followed = [variable for variable in network.variables if "float" in variable.dtype]
        self.variables = [
            keras.Variable(variable.numpy(), dtype=variable.dtype, trainable=False, name=f"average_{number}")
            for number, variable in enumerate(self._followed)
        ]

    def update(self, steps: object) -> None:
        """Follows the network after an optimiser step; `steps`, a scalar, counts the steps so far."""
        count = ops.cast(steps, "float32")
        momentum = ops.minimum(self.momentum, (1.0 + count) / (10.0 + count))
        for average, variable in zip(self.variables, self._followed, strict=True):
            average.assign_add((1.0 - momentum) * (variable.value - average.value))

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The network has the averages inside the block, and afterwards what it had before, bit for bit."""
        kept = [variable.numpy() for variable in self._followed]
        for variable, average in zip(self._followed, self.variables, strict=True):
            variable.assign(average.value)
        try:
            yield
        finally:
            for variable, value in zip(self._followed, kept, strict=True):
                variable.assign(value)
