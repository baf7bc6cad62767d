"""The U-Net of the thesis, Table A.1."""

from __future__ import annotations

from typing import Annotated

import keras

from tfpartial.errors import TfpartialError
from tfpartial.models import blocks
from tfpartial.models.endpoints import BOTTLENECK, FEATURES, LOGITS
from tfpartial.options import AtLeast

LEVELS = 4


def unet(
    num_logits: int, input_shape: tuple[int, int, int] = (512, 512, 1), width: Annotated[int, AtLeast(1)] = 64
) -> keras.Model:
    """U-Net of Table A.1: four levels, 31,042,503 parameters for 7 organs, width 64 and one input channel.

    Decisions where the table is silent: upsampling is nearest, the 2x2 convolution after it is padded in front, and a convolution
    that BN follows has no bias.

    Args:
        num_logits: logits per voxel.
        input_shape: `(H, W, C)`; H and W are multiples of 16.
        width: filters of the first block; each level below has twice as many.

    Returns:
        A functional model that gives float32 logits, also under mixed precision.

    Raises:
        TfpartialError: another shape than `(H, W, C)`, or H or W is not a multiple of 16.
    """
    if len(input_shape) != 3:
        raise TfpartialError(f"unet: expected input_shape (H, W, C), got {input_shape}")
    rows, columns, _ = input_shape
    if any(not side or side % 2**LEVELS for side in (rows, columns)):
        raise TfpartialError(f"unet: expected slices whose sides are multiples of {2**LEVELS}, got {rows}x{columns}")
    inputs = keras.Input(input_shape, name="slice")
    x, skips = inputs, []
    for level in range(1, LEVELS + 1):
        x = blocks.two_convs(x, width * 2 ** (level - 1), f"encoder_{level}")
        skips.append(x)
        x = blocks.pool(x, f"encoder_{level}")
    for level in range(LEVELS, 0, -1):
        x = blocks.two_convs(x, width * 2**level, f"decoder_{level}", BOTTLENECK if level == LEVELS else "")
        x = blocks.up(x, width * 2 ** (level - 1), f"decoder_{level}")
        x = keras.layers.Concatenate(name=f"decoder_{level}_concat")([skips[level - 1], x])
    x = blocks.conv_relu(x, width, "final_conv_1")
    x = blocks.conv_relu(x, width, FEATURES)
    return keras.Model(inputs, blocks.head(x, num_logits, LOGITS), name="unet")
