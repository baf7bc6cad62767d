"""U-Net on ResNet-18."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import keras
from keras import layers

from tfpartial.models import blocks
from tfpartial.models.encoders import ENCODERS, EncoderName, take_encoder_weights
from tfpartial.models.endpoints import BOTTLENECK, FEATURES, LOGITS
from tfpartial.models.u_shape import check_sides
from tfpartial.options import AtLeast

LEVELS = 5


def unet_resnet18(
    num_logits: int,
    input_shape: tuple[int, int, int] = (512, 512, 1),
    width: Annotated[int, AtLeast(1)] = 64,
    encoder: EncoderName = "resnet18",
    weights: str | None = None,
) -> keras.Model:
    """U-Net whose encoder is ResNet-18, with 1x1 convolutions and BN after every convolution (Martin et al. 2022, section 3.1).

    The paper puts 1x1 convolutions "before each increase in the number of filters". Decision: features of the encoder pass one,
    with as many filters as they have, before they are concatenated to others. Between the encoder's own blocks there is none, so
    that ImageNet weights mean what they meant. Decisions where the paper is silent: two 3x3 convolutions at each level of the
    decoder, with the filters of ResNet-18's level there; upsampling is bilinear; the slice's own grid, which ResNet-18 leaves at
    once, has two 3x3 convolutions before its skip.

    Args:
        num_logits: logits per voxel.
        input_shape: `(H, W, C)`; H and W are multiples of 32.
        width: filters of the encoder's stem, 64 as published; all others follow it.
        encoder: residual network; those of `v1_5` take torchvision's weights, `resnet50` and `resnet101` Keras Applications'.
        weights: file of the encoder's first weights (`.h5` of Keras Applications, `.safetensors` or `.npz` with torchvision's
            names), or folder of a KerasHub preset; without one they are random.

    Returns:
        A functional model that gives float32 logits, also under mixed precision.

    Raises:
        TfpartialError: another shape than `(H, W, C)`, H or W is not a multiple of 32, or weights that do not fit.
    """
    check_sides("unet_resnet18", input_shape, 2**LEVELS)
    inputs = keras.Input(input_shape, name="slice")
    levels = ENCODERS[encoder](inputs, width)
    skip = blocks.conv_norm_relu(inputs, width, 3, "slice_conv_1")
    skips = [blocks.conv_norm_relu(skip, width, 3, "slice_conv_2")]
    for level in range(1, LEVELS + 1):
        x = levels[f"P{level}"]
        skips.append(blocks.conv_norm_relu(x, x.shape[-1], 1, f"skip_{level}", BOTTLENECK if level == LEVELS else ""))
    x = skips[LEVELS]
    for level in range(LEVELS - 1, -1, -1):
        filters = width * 2 ** max(level - 2, 0)
        x = layers.UpSampling2D(2, interpolation="bilinear", name=f"decoder_{level}_up")(x)
        x = layers.Concatenate(name=f"decoder_{level}_concat")([skips[level], x])
        x = blocks.conv_norm_relu(x, filters, 3, f"decoder_{level}_conv_1")
        x = blocks.conv_norm_relu(x, filters, 3, f"decoder_{level}_conv_2", "" if level else FEATURES)
    network = keras.Model(inputs, blocks.head(x, num_logits, LOGITS), name="unet_resnet18")
    if weights is not None:
        take_encoder_weights(network, encoder, Path(weights))
    return network
