"""What the losses under a weight map have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from tfpartial.errors import TfpartialError

Tensor = Any
TINY = 1e-30
"""Least probability of which a logarithm is taken: float32 holds it and its inverse."""


class PartialLoss(keras.losses.Loss):
    """A loss on logits under a weight map; float32 inside, whatever comes in.

    It is called as `loss(y_true, logits, sample_weight=w)`, with `y_true` and `w` `[..., K]` from `targets_and_weights` (no `w`
    means certain everywhere). A subclass implements `call(y_true, logits, weight)` and returns a scalar: how to average is part
    of each loss, for Keras's own reductions divide by all elements and would let the loss shrink as labels get rarer.
    """

    extra_channels = 0
    """Logits per voxel beyond the K of the targets."""

    def __call__(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """The loss, a float32 scalar. Raises `TfpartialError` when the shapes do not belong together."""
        y_true, y_pred = (ops.cast(tensor, "float32") for tensor in (y_true, y_pred))
        weight = ops.ones_like(y_true) if sample_weight is None else ops.cast(sample_weight, "float32")
        _expect("weight map", weight, y_true.shape)
        _expect("logits", y_pred, (*y_true.shape[:-1], y_true.shape[-1] + self.extra_channels))
        with keras.name_scope(self.name):
            return self.call(y_true, y_pred, weight)

    def call(self, y_true: Tensor, y_pred: Tensor, weight: Tensor) -> Tensor:
        raise NotImplementedError


def _expect(name: str, tensor: Tensor, expected: Sequence[int | None]) -> None:
    fits = len(tensor.shape) == len(expected) and all(
        got == wanted or got is None or wanted is None for got, wanted in zip(tensor.shape, expected, strict=True)
    )
    if not fits:
        raise TfpartialError(f"{name}: expected {tuple(expected)}, got {tuple(tensor.shape)}")


def one_of(name: str, value: str, choices: tuple[str, ...]) -> str:
    """`value`, or a `TfpartialError` that lists what the argument `name` can be."""
    if value not in choices:
        raise TfpartialError(f"{name}: expected one of {', '.join(choices)}; got '{value}'")
    return value


def whole_voxel(weight: Tensor) -> Tensor:
    """Weight of a softmax, `[..., 1]`: its organs share one voxel, so it is certain only where each of them is."""
    return ops.min(weight, axis=-1, keepdims=True)


def voxels_of(tensor: Tensor) -> tuple[int, ...]:
    """The axes of the batch and its grid, of a tensor `[B, *grid, C]`."""
    return tuple(range(len(tensor.shape) - 1))


def with_background(targets: Tensor) -> Tensor:
    """Targets of a softmax, `[..., K+1]`, from those of the organs: background is where no organ is."""
    return ops.concatenate([1.0 - ops.sum(targets, axis=-1, keepdims=True), targets], axis=-1)


def at_least_float32(tensor: Tensor) -> Tensor:
    """A tensor in float32, or as it is in float64: mixed precision ends where a loss begins."""
    tensor = ops.convert_to_tensor(tensor)
    return tensor if keras.backend.standardize_dtype(tensor.dtype) == "float64" else ops.cast(tensor, "float32")
