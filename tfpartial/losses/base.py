"""What the losses under a weight map have in common."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from tfpartial.errors import TfpartialError

Tensor = Any


class PartialLoss(keras.losses.Loss):
    """A loss on logits under a weight map; float32 inside, whatever comes in.

    It is called as `loss(y_true, logits, sample_weight=w)`, with `y_true` and `w` `[..., K]` from `targets_and_weights` (no `w`
    means certain everywhere). A subclass implements `call(y_true, logits, weight)` and returns a scalar: how to average is part
    of each loss, for Keras's own reductions divide by all elements and would let the loss shrink as labels get rarer.
    """

    def __call__(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """The loss, a float32 scalar. Raises `TfpartialError` when the weight map has not the shape of the targets."""
        y_true = ops.convert_to_tensor(y_true, dtype="float32")
        weight = ops.ones_like(y_true) if sample_weight is None else ops.convert_to_tensor(sample_weight, dtype="float32")
        if len(weight.shape) != len(y_true.shape):
            raise TfpartialError(f"weight map: expected the targets' shape {tuple(y_true.shape)}, got {tuple(weight.shape)}")
        with keras.name_scope(self.name):
            return self.call(y_true, ops.cast(y_pred, "float32"), weight)

    def call(self, y_true: Tensor, y_pred: Tensor, weight: Tensor) -> Tensor:
        raise NotImplementedError


def one_of(name: str, value: str, choices: tuple[str, ...]) -> str:
    """`value`, or a `TfpartialError` that lists what the argument `name` can be."""
    if value not in choices:
        raise TfpartialError(f"{name}: expected one of {', '.join(choices)}; got '{value}'")
    return value


def whole_voxel(weight: Tensor) -> Tensor:
    """Weight of a softmax, `[..., 1]`: its organs share one voxel, so it is certain only where each of them is."""
    return ops.min(weight, axis=-1, keepdims=True)
