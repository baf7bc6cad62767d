"""The confidence network: a segmenter's last features, and a head of convolutions on them (thesis, figure 3.3, Table A.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import keras
from keras import layers, ops

from tfpartial.errors import TfpartialError
from tfpartial.losses.base import Tensor
from tfpartial.models.endpoints import FEATURES, LOGITS

Start = Literal["random", "mcp"]
FILTERS = (400, 120, 64, 64)
"""Filters of the published head: 0.8 M parameters on 64 features."""


class LearnedConfidence(NamedTuple):
    """A confidence network, and what its logits are added to (see `first_logits`)."""

    network: keras.Model
    start: Start


def confidence_network(
    segmenter: keras.Model,
    num_organs: int,
    mode: Literal["finetune", "transfer"],
    filters: Sequence[int] = FILTERS,
    start: Start = "random",
) -> keras.Model:
    """A new network that regresses how sure a segmenter is of each organ at each voxel.

    It holds a duplicate of the segmenter's layers up to `FEATURES`, with their weights and dtypes, then 3x3 convolutions with
    relu, then a 1x1 convolution. The segmenter shares nothing with it. The head's layers take the dtype policy in effect.

    Args:
        segmenter: a network of `tfpartial.models.build`.
        num_organs: K.
        mode: `finetune` trains the duplicate as well; `transfer` freezes it (batch normalisation by the running statistics).
        filters: filters of the 3x3 convolutions.
        start: with `mcp` the last convolution starts at zero: there is nothing to add to `first_logits` yet.

    Returns:
        A functional model `[B, H, W, C]` (normalised) -> float32 logits `[B, H, W, num_organs]`; with `first_logits` added, their
        sigmoid is the confidence.

    Raises:
        TfpartialError: the segmenter has no layer named `FEATURES`.
    """
    require_layers(segmenter, FEATURES)
    duplicate = keras.models.clone_model(segmenter)
    duplicate.set_weights(segmenter.get_weights())
    duplicate.trainable = mode == "finetune"
    x = duplicate.get_layer(FEATURES).output
    for number, width in enumerate(filters, start=1):
        x = layers.Conv2D(width, 3, padding="same", activation="relu", name=f"confidence_conv_{number}")(x)
    first = "zeros" if start == "mcp" else "glorot_uniform"
    logits = layers.Conv2D(num_organs, 1, kernel_initializer=first, dtype="float32", name=f"confidence_{LOGITS}")(x)
    return keras.Model(duplicate.input, logits, name="confidence")


def first_logits(segmenter_logits: Tensor, start: Start) -> Tensor:
    """What the logits of a confidence network are added to, float32 of the same shape.

    `random`: 0, as published. `mcp`: |x| of the segmenter's logits x, whose sigmoid is max(p, 1 - p): the network begins as good
    as the Maximum Class Probability is, and learns where that is wrong.
    """
    logits = ops.cast(segmenter_logits, "float32")
    return ops.abs(logits) if start == "mcp" else ops.zeros_like(logits)


def require_layers(segmenter: keras.Model, *names: str) -> None:
    """Raises `TfpartialError` when a layer is not in the network."""
    missing = sorted(set(names) - {layer.name for layer in segmenter.layers})
    if missing:
        expected = f"expected a network with layers {', '.join(names)}"
        raise TfpartialError(f"segmenter '{segmenter.name}': {expected}; it has no {', '.join(missing)}")
