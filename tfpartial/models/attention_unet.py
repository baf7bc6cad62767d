"""Attention U-Net."""

from __future__ import annotations

from typing import Annotated

import keras
from keras import layers

from tfpartial.models import blocks
from tfpartial.models.blocks import Features
from tfpartial.models.u_shape import u_shape
from tfpartial.options import AtLeast


def attention_unet(
    num_logits: int, input_shape: tuple[int, int, int] = (512, 512, 1), width: Annotated[int, AtLeast(1)] = 64
) -> keras.Model:
    """U-Net of Table A.1 whose skips pass additive gates (O. Oktay et al. 2018, eq. 1 and 2; thesis, figure 5.3).

        Z = upsampled sigmoid(psi(relu(W_x S + W_g G)))        the skip becomes Z S

    with the skip S, the features G of the level below (the gating signal), W_x a convolution of size and stride 2 without bias,
    W_g and psi 1x1 convolutions, and one weight per voxel. As published, the inner features have as many channels as the skip,
    and the weights are upsampled linearly. Width 64 adds 2.1 M parameters to the U-Net's.

    Args:
        num_logits: logits per voxel.
        input_shape: `(H, W, C)`; H and W are multiples of 16.
        width: filters of the first block; each level below has twice as many.

    Returns:
        A functional model that gives float32 logits, also under mixed precision.

    Raises:
        TfpartialError: another shape than `(H, W, C)`, or H or W is not a multiple of 16.
    """
    return u_shape("attention_unet", num_logits, input_shape, width, gate=_additive_gate)


def _additive_gate(skip: Features, below: Features, level: int) -> Features:
    name, filters = f"gate_{level}", skip.shape[-1]
    of_skip = layers.Conv2D(filters, 2, strides=2, use_bias=False, name=f"{name}_skip")(skip)
    of_below = blocks.convolution(below, filters, 1, f"{name}_below")
    x = layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_add")([of_skip, of_below]))
    x = blocks.convolution(x, 1, 1, f"{name}_psi", activation="sigmoid")
    x = layers.UpSampling2D(2, interpolation="bilinear", name=f"{name}_up")(x)
    return layers.Multiply(name=f"{name}_gated")([skip, x])
