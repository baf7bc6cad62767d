"""The U-Net of the thesis, Table A.1, with the places where attention is put in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import keras

from tfpartial.errors import TfpartialError
from tfpartial.models import blocks
from tfpartial.models.blocks import Features
from tfpartial.models.endpoints import BOTTLENECK, FEATURES, LOGITS

LEVELS = 4
Bottom: TypeAlias = Callable[[Features], Features]
"""What is done with the lowest level's features, `[B, H/16, W/16, 16 width]`, before they go up."""
Gate: TypeAlias = Callable[[Features, Features, int], Features]
"""A skip `[B, H, W, C]`, the features of the level below, `[B, H/2, W/2, 2 C]`, and the skip's level, 1 to 4 from the slice down
-> the skip that is concatenated."""


def u_shape(
    name: str,
    num_logits: int,
    input_shape: tuple[int, int, int],
    width: int,
    bottom: Bottom = lambda x: x,
    gate: Gate = lambda skip, below, level: skip,
) -> keras.Model:
    """The U-Net of Table A.1; `unet` says what was decided where the table is silent.

    Args:
        name: of the network, for Keras and for messages.
        num_logits: logits per voxel.
        input_shape: `(H, W, C)`; H and W are multiples of 16.
        width: filters of the first block; each level below has twice as many.
        bottom: what is done at the end of the encoder.
        gate: what is done with a skip before it is concatenated.

    Returns:
        A functional model `[B, H, W, C]` -> float32 `[B, H, W, num_logits]`.

    Raises:
        TfpartialError: another shape than `(H, W, C)`, or H or W is not a multiple of 16.
    """
    check_sides(name, input_shape, 2**LEVELS)
    inputs = keras.Input(input_shape, name="slice")
    x, skips = inputs, []
    for level in range(1, LEVELS + 1):
        x = blocks.two_convs(x, width * 2 ** (level - 1), f"encoder_{level}")
        skips.append(x)
        x = blocks.pool(x, f"encoder_{level}")
    for level in range(LEVELS, 0, -1):
        lowest = level == LEVELS
        x = blocks.two_convs(x, width * 2**level, f"decoder_{level}", BOTTLENECK if lowest else "")
        x = bottom(x) if lowest else x
        skip = gate(skips[level - 1], x, level)
        x = blocks.up(x, width * 2 ** (level - 1), f"decoder_{level}")
        x = keras.layers.Concatenate(name=f"decoder_{level}_concat")([skip, x])
    x = blocks.conv_relu(x, width, "final_conv_1")
    x = blocks.conv_relu(x, width, FEATURES)
    return keras.Model(inputs, blocks.head(x, num_logits, LOGITS), name=name)


def check_sides(name: str, input_shape: tuple[int, ...], multiple: int) -> None:
    """Raises `TfpartialError` for another shape than `(H, W, C)`, or sides that `multiple` does not divide."""
    if len(input_shape) != 3:
        raise TfpartialError(f"{name}: expected input_shape (H, W, C), got {input_shape}")
    rows, columns, _ = input_shape
    if any(not side or side % multiple for side in (rows, columns)):
        raise TfpartialError(f"{name}: expected slices whose sides are multiples of {multiple}, got {rows}x{columns}")
