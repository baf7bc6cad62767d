"""Sigmoid and softmax that know where organs are: the last step of STIPPLE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from tfpartial.config.priors import EPSILON
from tfpartial.errors import TfpartialError

Tensor = Any
Shape = Sequence[int | None]

ACTIVATIONS = {"sigmoid": ops.sigmoid, "softmax": ops.softmax}
OUTPUTS = ("probabilities", "logits")


# ---- functions ----------------------------------------------------------------------------------------------------------------


def log_odds(prior: Tensor, epsilon: float = EPSILON) -> Tensor:
    """ln p - ln(1-p), float32, of any shape, with p clipped to [epsilon, 1-epsilon]; exactly 0 where p is 1/2."""
    return ops.log(_odds(prior, epsilon))


def prior_driven_logits(logits: Tensor, prior: Tensor, activation: str = "sigmoid", epsilon: float = EPSILON) -> Tensor:
    """Logits whose plain activation is the prior-driven one (O. Petit's thesis, eq. 4.2 and 4.3).

        sigmoid    s + ln p - ln(1-p)         softmax    s + ln p - max over the channels of ln p

    The maximum moves all channels alike, which no softmax sees; with it, a uniform prior adds exactly 0.

    Args:
        logits: `[..., K]`, s.
        prior: `[..., K]`, p in [0, 1]; clipped to [epsilon, 1-epsilon], so that gradients are finite.
        activation: `sigmoid` (each organ against all else) or `softmax` (over the last axis).
        epsilon: in (0, 0.5).

    Returns:
        float32 `[..., K]`, computed in float32.

    Raises:
        TfpartialError: shapes that differ, an activation that does not exist, or epsilon outside (0, 0.5).

    Example: a logit of 0 (probability 1/2) under p = 0.8 becomes ln(0.8 / 0.2) = 1.386, whose sigmoid is 0.8.
    """
    check_prior_settings(activation, epsilon)
    _require_equal_shapes(logits.shape, prior.shape)
    logits = ops.cast(logits, "float32")
    if activation == "sigmoid":
        return logits + log_odds(prior, epsilon)
    prior = _clip(ops.cast(prior, "float32"), epsilon)
    # The logarithm of a ratio, not a difference of logarithms: kernels round ln(1/K) differently at the end of a vector.
    return logits + ops.log(prior / ops.stop_gradient(ops.max(prior, axis=-1, keepdims=True)))


def categorical_prior(prior: Tensor, epsilon: float = EPSILON) -> Tensor:
    """The organs' priors, each against all else, as one prior over background and organs.

    Proportional to (1, p_1 / (1-p_1), ..., p_K / (1-p_K)): a softmax over background and organs that gets it gives each organ
    against the background the odds that the prior-driven sigmoid gives it. 1/2 everywhere becomes 1 / (K+1) everywhere.

    Args:
        prior: `[..., K]` in [0, 1]; clipped to [epsilon, 1-epsilon].
        epsilon: in (0, 0.5).

    Returns:
        float32 `[..., K+1]`, background first; its sum over the last axis is 1.

    Raises:
        TfpartialError: epsilon outside (0, 0.5).
    """
    check_prior_settings("softmax", epsilon)
    odds = _odds(prior, epsilon)
    odds = ops.concatenate([ops.ones_like(odds[..., :1]), odds], axis=-1)  # [..., K+1]
    return odds / ops.sum(odds, axis=-1, keepdims=True)


def check_prior_settings(activation: str, epsilon: float) -> None:
    """Raises TfpartialError for an activation that does not exist, or epsilon outside (0, 0.5)."""
    if activation not in ACTIVATIONS:
        raise TfpartialError(f"prior-driven activation '{activation}' does not exist; expected one of {', '.join(ACTIVATIONS)}")
    if not 0.0 < epsilon < 0.5:
        raise TfpartialError(f"prior-driven activation: expected epsilon in (0, 0.5), got {epsilon}")


def _odds(prior: Tensor, epsilon: float) -> Tensor:
    prior = ops.cast(prior, "float32")
    # 1-p is clipped itself: in float32, 1 - (1 - 1e-6) is 1.3 % more than 1e-6.
    return _clip(prior, epsilon) / _clip(1.0 - prior, epsilon)


def _clip(prior: Tensor, epsilon: float) -> Tensor:
    return ops.clip(prior, epsilon, 1.0 - epsilon)


def _require_equal_shapes(logits: Shape, prior: Shape) -> None:
    known = zip(logits, prior, strict=False)
    if len(logits) != len(prior) or any(None not in pair and pair[0] != pair[1] for pair in known):
        shapes = f"logits {tuple(logits)} and prior {tuple(prior)}"
        raise TfpartialError(f"prior-driven activation: expected logits and prior of equal shapes, got {shapes}")


# ---- layer --------------------------------------------------------------------------------------------------------------------


@keras.saving.register_keras_serializable(package="tfpartial")
class PriorDrivenActivation(keras.layers.Layer):
    """The prior-driven sigmoid or softmax, on `[logits, prior]`, both `[..., K]` of any rank; see `prior_driven_logits`.

    Always a float32 layer, whatever the policy: bfloat16 has no number between 0.996 and 1 for a prior. Under a uniform prior
    (1/2; 1/K for softmax) it equals the plain activation bit by bit.

    Args:
        activation: `sigmoid` or `softmax`.
        epsilon: priors are clipped to [epsilon, 1-epsilon].
        output: `probabilities`, or `logits` for losses that take logits.

    Raises:
        TfpartialError: an activation or output that does not exist, epsilon outside (0, 0.5), or shapes that differ.
    """

    def __init__(
        self, activation: str = "sigmoid", epsilon: float = EPSILON, output: str = "probabilities", **options: Any
    ) -> None:
        check_prior_settings(activation, epsilon)
        if output not in OUTPUTS:
            raise TfpartialError(f"prior-driven activation has no output '{output}'; expected one of {', '.join(OUTPUTS)}")
        super().__init__(**{**options, "dtype": "float32"})
        self.activation, self.epsilon, self.output_kind = activation, epsilon, output

    def build(self, input_shape: Sequence[Shape]) -> None:
        _require_equal_shapes(*input_shape)  # here as well as in the function: Keras adds lines to errors out of `call`

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        logits, prior = inputs
        logits = prior_driven_logits(logits, prior, self.activation, self.epsilon)
        return logits if self.output_kind == "logits" else ACTIVATIONS[self.activation](logits)

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> tuple[int | None, ...]:
        _require_equal_shapes(*input_shape)
        return tuple(input_shape[0])

    def get_config(self) -> dict[str, Any]:
        settings = {"activation": self.activation, "epsilon": self.epsilon, "output": self.output_kind}
        return {**super().get_config(), **settings}
