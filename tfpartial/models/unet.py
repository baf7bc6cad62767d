"""The U-Net of the thesis, Table A.1."""

from __future__ import annotations

from typing import Annotated

import keras

from tfpartial.models.u_shape import u_shape
from tfpartial.options import AtLeast


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
    return u_shape("unet", num_logits, input_shape, width)
