"""Predictions as distributions: K of two outcomes for sigmoids, one of K + 1 for a softmax. G counts them, C their outcomes."""

from __future__ import annotations

from keras import ops

from tfpartial.losses.base import Tensor, whole_voxel
from tfpartial.losses.inputs import LossInputs


def uncertain(inputs: LossInputs, activation: str) -> Tensor:
    """bool `[B, *grid, G]`: where no label is certain (a voxel to ignore too); of a softmax, where any organ's is not."""
    weights = whole_voxel(inputs.weights) if activation == "softmax" else ops.convert_to_tensor(inputs.weights)
    return ops.equal(weights, 0)


def entropies(logits: Tensor, activation: str) -> Tensor:
    """Shannon entropy of each voxel's prediction in nats, `[..., G]`: 0 where it is sure, ln C at the most."""
    if activation == "softmax":
        return -ops.sum(ops.softmax(logits, axis=-1) * ops.log_softmax(logits, axis=-1), axis=-1, keepdims=True)
    size = ops.abs(logits)  # p and 1 - p have the same entropy; no large numbers are subtracted for positive ones
    return ops.softplus(-size) + size * ops.sigmoid(-size)
