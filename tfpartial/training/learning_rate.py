"""The learning rate of each optimiser step."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfpartial")
class WarmDecay(keras.optimizers.schedules.LearningRateSchedule):
    """From a first learning rate to a final one exponentially (thesis, section 3.4.1), after a linear rise from 0.

        r(t) = r_0 (r_1 / r_0)^(t / T) min(1, (t + 1) / W)

    Args:
        first: r_0.
        final: r_1.
        steps: T, optimiser steps of the training.
        warmup_steps: W, 0 or more; 0 begins with the first rate.
    """

    def __init__(self, first: float, final: float, steps: int, warmup_steps: int = 0) -> None:
        self.first, self.final, self.steps, self.warmup_steps = first, final, steps, warmup_steps

    def __call__(self, step: Any) -> Any:
        done = ops.cast(step, "float32")
        rate = self.first * ops.power(self.final / self.first, done / self.steps)
        return rate * ops.minimum(1.0, (done + 1.0) / max(self.warmup_steps, 1))

    def get_config(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("first", "final", "steps", "warmup_steps")}
