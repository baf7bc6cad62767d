"""The learning rate of each optimiser step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

POWER = 0.9
SHAPES: dict[str, Callable[[float, float, Any], Any]] = {
    "exponential": lambda first, final, done: first * ops.power(final / first, done),
    "polynomial": lambda first, final, done: final + (first - final) * ops.power(1.0 - done, POWER),
}
"""First and final rate and the share of the training that is done -> the rate."""


@keras.saving.register_keras_serializable(package="tfpartial")
class WarmDecay(keras.optimizers.schedules.LearningRateSchedule):
    """From a first learning rate to a final one, after a linear rise from 0.

        exponential   r(t) = r_0 (r_1 / r_0)^(t / T)                     (thesis, section 3.4.1)
        polynomial    r(t) = r_1 + (r_0 - r_1) (1 - t / T)^0.9           (as nnU-Net, whose r_1 is 0)

    and r(t) min(1, (t + 1) / W) over the first steps; after T steps the rate stays at r_1.

    Args:
        first: r_0.
        final: r_1.
        steps: T, optimiser steps of the training.
        warmup_steps: W, 0 or more; 0 begins with the first rate.
        shape: a key of `SHAPES`.
    """

    def __init__(self, first: float, final: float, steps: int, warmup_steps: int = 0, shape: str = "exponential") -> None:
        self.first, self.final, self.steps, self.warmup_steps, self.shape = first, final, steps, warmup_steps, shape

    def __call__(self, step: Any) -> Any:
        taken = ops.cast(step, "float32")
        rate = SHAPES[self.shape](self.first, self.final, ops.minimum(taken / self.steps, 1.0))
        return rate * ops.minimum(1.0, (taken + 1.0) / max(self.warmup_steps, 1))

    def get_config(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("first", "final", "steps", "warmup_steps", "shape")}
