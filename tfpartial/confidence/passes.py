"""How much a probability varies between passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf
from keras import ops

from tfpartial.losses.base import Tensor

LARGEST_SD = 0.5
"""Of numbers in 0..1: half of them 0, half 1."""


class Spread(NamedTuple):
    """Mean and variance of the passes so far, by Welford's update: sums of squares would lose the small variances.

    Args:
        count: float32 `[B, H, W, 1]`, passes that saw the voxel.
        mean: float32 `[B, H, W, K]`.
        squares: float32 `[B, H, W, K]`, sum of the squared distances from the mean.
    """

    count: Tensor
    mean: Tensor
    squares: Tensor

    @classmethod
    def of(cls, probability: Tensor) -> Spread:
        """After one pass, which saw every voxel."""
        return cls(ops.ones_like(probability[..., :1]), probability, ops.zeros_like(probability))

    def add(self, probability: Tensor, seen: Tensor) -> Spread:
        """After one more pass; `seen`, 0 or 1, `[B, H, W, 1]`, says which voxels it counts for."""
        count = self.count + seen
        away = seen * (probability - self.mean)
        mean = self.mean + away / ops.maximum(count, 1.0)
        return Spread(count, mean, self.squares + away * (probability - mean))

    def confidence(self) -> Tensor:
        """One minus the standard deviation, as a share of the largest that there is: float32 `[B, H, W, K]` in 0..1.

        0 where fewer than two passes saw the voxel: nothing is known about it then.
        """
        sd = ops.sqrt(self.squares / ops.maximum(self.count, 1.0))
        return ops.where(self.count > 1.5, ops.clip(1.0 - sd / LARGEST_SD, 0.0, 1.0), 0.0)


def spread_over(passes: int, one: Callable[[Any], tuple[Tensor, Tensor]], start: Spread) -> Spread:
    """Adds passes, one after the other.

    Args:
        passes: their number.
        one: number of a pass, an int32 scalar -> its probability and `seen`, as of `Spread.add`.
        start: what is known before.
    """

    def step(number: Any, spread: Spread) -> tuple[Any, Spread]:
        return number + 1, spread.add(*one(number))

    # One at a time: TensorFlow would otherwise work on ten, and hold the activations of all of them.
    first = ops.convert_to_tensor(0, "int32")
    return tf.while_loop(lambda number, _: number < passes, step, (first, start), parallel_iterations=1)[1]
