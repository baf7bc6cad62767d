"""The U-Net of the thesis, Table A.1."""

from __future__ import annotations

import keras
from keras import layers

from tfpartial.errors import TfpartialError
from tfpartial.models.endpoints import BOTTLENECK, FEATURES, LOGITS
from tfpartial.models.layers.fused_batch_norm import FusedBatchNormalization
from tfpartial.models.layers.up_conv import UpConv2D

LEVELS = 4


# ---- layers -------------------------------------------------------------------------------------------------------------------


def _conv(x: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
    return layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)


def _bn_relu(x: keras.KerasTensor, name: str, relu: str = "") -> keras.KerasTensor:
    return layers.ReLU(name=relu or f"{name}_relu")(FusedBatchNormalization(name=f"{name}_bn")(x))


def _two_convs(x: keras.KerasTensor, filters: int, name: str, relu: str = "") -> keras.KerasTensor:
    x = _conv(x, filters, f"{name}_conv_1")
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{name}_conv_2")(x)  # the BN's offset is the bias
    return _bn_relu(x, f"{name}_conv_2", relu)


def _up(x: keras.KerasTensor, skip: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
    x = _bn_relu(UpConv2D(filters, name=f"{name}_up_conv")(x), f"{name}_up_conv")
    return layers.Concatenate(name=f"{name}_concat")([skip, x])


# ---- model --------------------------------------------------------------------------------------------------------------------


def unet(num_organs: int, input_shape: tuple[int, int, int] = (512, 512, 1), width: int = 64) -> keras.Model:
    """U-Net of Table A.1: four levels, 31,042,503 parameters for 7 organs, width 64 and one input channel.

    Decisions where the table is silent: upsampling is nearest, the 2x2 convolution after it is padded in front, and a convolution
    that BN follows has no bias.

    Args:
        num_organs: logits per voxel.
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
        x = _two_convs(x, width * 2 ** (level - 1), f"encoder_{level}")
        skips.append(x)
        x = layers.MaxPooling2D(2, name=f"encoder_{level}_pool")(x)
    for level in range(LEVELS, 0, -1):
        x = _two_convs(x, width * 2**level, f"decoder_{level}", BOTTLENECK if level == LEVELS else "")
        x = _up(x, skips[level - 1], width * 2 ** (level - 1), f"decoder_{level}")
    x = _conv(x, width, "final_conv_1")
    x = _conv(x, width, FEATURES)
    logits = layers.Conv2D(num_organs, 1, dtype="float32", name=LOGITS)(x)
    return keras.Model(inputs, logits, name="unet")
