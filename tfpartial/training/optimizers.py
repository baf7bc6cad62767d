"""Optimisers, by name. A new one is a function and a line in `OPTIMIZERS`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

import keras

from tfpartial.config import OptimizerConfig
from tfpartial.errors import TfpartialError
from tfpartial.options import AtLeast, checked_options, choose

Rate: TypeAlias = float | keras.optimizers.schedules.LearningRateSchedule


@keras.saving.register_keras_serializable(package="tfpartial")
class PenalisedSGD(keras.optimizers.SGD):
    """Stochastic gradient descent on the loss plus penalty / 2 times the sum of the squared weights.

    The weights' part of the gradient passes the momentum, and is not clipped, as in PyTorch's `SGD(weight_decay=penalty)` after
    `clip_grad_norm_`. Keras's own `weight_decay` shrinks the weights beside the momentum: at a momentum of 0.99 it is 100 times
    weaker.

    Args:
        penalty: 0 or more.
        options: those of `keras.optimizers.SGD`.
    """

    def __init__(self, *args: Any, penalty: float = 0.0, **options: Any) -> None:
        super().__init__(*args, **options)
        self.penalty = penalty

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        penalised = gradient + self.penalty * variable if self.penalty else gradient
        super().update_step(penalised, variable, learning_rate)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "penalty": self.penalty}


def adam(
    rate: Rate,
    clip_norm: float | None = None,
    beta_1: Annotated[float, AtLeast(0)] = 0.9,
    beta_2: Annotated[float, AtLeast(0)] = 0.999,
    epsilon: Annotated[float, AtLeast(0)] = 1e-7,
    weight_decay: Annotated[float, AtLeast(0)] = 0.0,
) -> keras.optimizers.Optimizer:
    """Adam (D. Kingma and J. Ba 2015).

    Args:
        rate: learning rate of each step.
        clip_norm: norm of all gradients together at most; none does not clip.
        beta_1: momentum of the mean of the gradients, below 1.
        beta_2: momentum of the mean of their squares, below 1.
        epsilon: added to the root of that mean.
        weight_decay: share of the weights, times the learning rate, that each step takes away (AdamW).
    """
    _require_below_1(beta_1=beta_1, beta_2=beta_2)
    return keras.optimizers.Adam(
        rate, beta_1, beta_2, epsilon, weight_decay=weight_decay or None, global_clipnorm=clip_norm, name="adam"
    )


def sgd(
    rate: Rate,
    clip_norm: float | None = None,
    momentum: Annotated[float, AtLeast(0)] = 0.9,
    nesterov: bool = False,
    weight_decay: Annotated[float, AtLeast(0)] = 0.0,
) -> keras.optimizers.Optimizer:
    """Stochastic gradient descent.

    Args:
        rate: learning rate of each step.
        clip_norm: norm of all gradients together at most; none does not clip.
        momentum: momentum of the steps, below 1.
        nesterov: look ahead by the momentum (Nesterov).
        weight_decay: factor of the weights in the gradient: half of it times their squares is part of what is lowered.
    """
    _require_below_1(momentum=momentum)
    return PenalisedSGD(rate, momentum, nesterov, penalty=weight_decay, global_clipnorm=clip_norm, name="sgd")


OPTIMIZERS: dict[str, Callable[..., keras.optimizers.Optimizer]] = {"adam": adam, "sgd": sgd}
"""Each takes `GIVEN` and its own options, all with defaults."""
GIVEN = ("rate", "clip_norm")


def build_optimizer(config: OptimizerConfig, rate: Rate) -> keras.optimizers.Optimizer:
    """The optimiser that is asked for, at a learning rate.

    Raises:
        TfpartialError: an optimiser or an option that does not exist, or a value outside its range.
    """
    make = choose(OPTIMIZERS, config.name, "optimizer.name")
    return make(rate, config.clip_norm, **checked_options(make, config.options, "optimizer.options", GIVEN))


def _require_below_1(**options: float) -> None:
    for name, value in options.items():
        if value >= 1:
            raise TfpartialError(f"optimizer.options.{name}: expected 0 or more, below 1, got {value}")
