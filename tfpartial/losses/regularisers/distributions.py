"""Predictions as distributions: K of two outcomes for sigmoids, one of K + 1 for a softmax. G counts them, C their outcomes."""

from __future__ import annotations

from keras import ops

from tfpartial.losses.base import TINY, Tensor, voxels_of, whole_voxel
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


def marginals(logits: Tensor, where: Tensor, activation: str) -> Tensor:
    """Mean prediction `[G, C]` over the voxels that are 1 in `where` `[..., G]`; zeros for none. C begins with background."""
    count = ops.sum(where, axis=voxels_of(where))[:, None]  # (G, 1)
    if activation == "softmax":
        total = ops.sum(where * ops.softmax(logits, axis=-1), axis=voxels_of(logits))[None]  # (1, K + 1)
    else:
        both = [ops.sum(where * ops.sigmoid(each), axis=voxels_of(logits)) for each in (-logits, logits)]
        total = ops.stack(both, axis=-1)  # (K, 2)
    return ops.divide_no_nan(total, count)


def times_log(probability: Tensor) -> Tensor:
    """p ln p, which is 0 at 0, with a finite slope there."""
    return probability * ops.log(ops.maximum(probability, TINY))
