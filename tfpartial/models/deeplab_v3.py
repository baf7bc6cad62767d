"""DeepLabV3 and DeepLabV3+."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import keras
from keras import layers

from tfpartial.models import blocks
from tfpartial.models.blocks import Features
from tfpartial.models.encoders import ENCODERS, EncoderName, Levels, take_encoder_weights
from tfpartial.models.endpoints import BOTTLENECK, FEATURES, LOGITS
from tfpartial.models.u_shape import check_sides
from tfpartial.options import AtLeast

RATES = (6, 12, 18)
"""Of the pyramid's 3x3 convolutions at output stride 16; at 8 they are twice as large."""
MULTI_GRID = (1, 2, 4)
"""What the dilations of the last level's blocks are multiplied by (Chen et al. 2017, section 4.1)."""


def deeplab_v3(
    num_logits: int,
    input_shape: tuple[int, int, int] = (512, 512, 1),
    width: Annotated[int, AtLeast(2)] = 64,
    encoder: EncoderName = "resnet50",
    output_stride: Literal[16, 8] = 16,
    separable: bool = False,
    weights: str | None = None,
) -> keras.Model:
    """Dilated encoder and spatial pyramid (ASPP), upsampled by the output stride (L.-C. Chen et al. 2017).

    The pyramid has a 1x1 convolution, three 3x3 ones of rates 6, 12 and 18, and the mean of the slice, each of 4 `width` filters,
    joined by a 1x1 convolution. The baseline of SMILE's paper, whose backbone is ResNet-50: 39.1 M parameters.

    Decisions: the features are upsampled rather than the logits, so that a confidence head finds them on the slice's grid; the
    last convolution is 1x1, so the logits are the same. There is no dropout, as the papers name none.

    Args:
        num_logits: logits per voxel.
        input_shape: `(H, W, C)`; H and W are multiples of the output stride.
        width: filters of the encoder's stem, 64 as published; all others follow it.
        encoder: residual network; those of `v1_5` take torchvision's weights, `resnet50` and `resnet101` Keras Applications'.
        output_stride: voxels of the slice per voxel of the encoder's last features, along each axis.
        separable: 3x3 convolutions of the pyramid are depthwise separable; fewer parameters.
        weights: file of the encoder's first weights (`.h5` of Keras Applications, `.safetensors` or `.npz` with torchvision's
            names), or folder of a KerasHub preset; without one they are random.

    Returns:
        A functional model that gives float32 logits, also under mixed precision.

    Raises:
        TfpartialError: another shape than `(H, W, C)`, sides that the output stride does not divide, or weights that do not fit.
    """
    inputs, levels = _encoded("deeplab_v3", input_shape, width, encoder, output_stride)
    x = _pyramid(levels["P5"], 4 * width, output_stride, separable, BOTTLENECK)
    x = layers.UpSampling2D(output_stride, interpolation="bilinear", name=FEATURES)(x)
    return _finished("deeplab_v3", inputs, x, num_logits, encoder, weights)


def deeplab_v3_plus(
    num_logits: int,
    input_shape: tuple[int, int, int] = (512, 512, 1),
    width: Annotated[int, AtLeast(2)] = 64,
    encoder: EncoderName = "resnet50",
    output_stride: Literal[16, 8] = 16,
    separable: bool = False,
    weights: str | None = None,
) -> keras.Model:
    """DeepLabV3 with a decoder (L.-C. Chen et al. 2018).

    The pyramid's features are upsampled to stride 4 and joined with 3/4 `width` (48) features of the encoder's level there, two
    3x3 convolutions refine them, and they are upsampled by 4. With ResNet-50 and 7 organs it has 40.4 M parameters; separable,
    as published with the Xception encoder, 26.7 M. Decisions as for `deeplab_v3`; `FEATURES` are the last 3x3 ones, upsampled.

    Args:
        num_logits: logits per voxel.
        input_shape: `(H, W, C)`; H and W are multiples of the output stride.
        width: filters of the encoder's stem, 64 as published; all others follow it.
        encoder: residual network; those of `v1_5` take torchvision's weights, `resnet50` and `resnet101` Keras Applications'.
        output_stride: voxels of the slice per voxel of the encoder's last features, along each axis.
        separable: 3x3 convolutions of pyramid and decoder are depthwise separable; fewer parameters.
        weights: file of the encoder's first weights (`.h5` of Keras Applications, `.safetensors` or `.npz` with torchvision's
            names), or folder of a KerasHub preset; without one they are random.

    Returns:
        A functional model that gives float32 logits, also under mixed precision.

    Raises:
        TfpartialError: another shape than `(H, W, C)`, sides that the output stride does not divide, or weights that do not fit.
    """
    inputs, levels = _encoded("deeplab_v3_plus", input_shape, width, encoder, output_stride)
    x = _pyramid(levels["P5"], 4 * width, output_stride, separable, BOTTLENECK)
    x = layers.UpSampling2D(output_stride // 4, interpolation="bilinear", name="decoder_up")(x)
    low = blocks.conv_norm_relu(levels["P2"], width * 3 // 4, 1, "decoder_low")
    x = layers.Concatenate(name="decoder_concat")([x, low])
    for number in (1, 2):
        x = _conv_3x3(x, 4 * width, 1, f"decoder_conv_{number}", separable)
    x = layers.UpSampling2D(4, interpolation="bilinear", name=FEATURES)(x)
    return _finished("deeplab_v3_plus", inputs, x, num_logits, encoder, weights)


def _encoded(
    name: str, input_shape: tuple[int, int, int], width: int, encoder: str, output_stride: int
) -> tuple[keras.KerasTensor, Levels]:
    check_sides(name, input_shape, output_stride)
    inputs = keras.Input(input_shape, name="slice")
    return inputs, ENCODERS[encoder](inputs, width, output_stride, MULTI_GRID)


def _pyramid(x: Features, filters: int, output_stride: int, separable: bool, name: str) -> Features:
    """Atrous spatial pyramid pooling: `[B, h, w, C]` -> `[B, h, w, filters]`; the relu at its end has the name `name`."""
    rows, columns = x.shape[1:3]
    parts = [blocks.conv_norm_relu(x, filters, 1, "pyramid_1")]
    for rate in RATES:
        parts.append(_conv_3x3(x, filters, rate * 16 // output_stride, f"pyramid_{rate}", separable))
    mean = layers.GlobalAveragePooling2D(keepdims=True, name="pyramid_mean_pool")(x)
    mean = blocks.conv_norm_relu(mean, filters, 1, "pyramid_mean")
    parts.append(layers.UpSampling2D((rows, columns), name="pyramid_mean_up")(mean))
    return blocks.conv_norm_relu(layers.Concatenate(name="pyramid_concat")(parts), filters, 1, "pyramid_joined", name)


def _conv_3x3(x: Features, filters: int, rate: int, name: str, separable: bool) -> Features:
    if not separable:
        return blocks.conv_norm_relu(x, filters, 3, name, dilation_rate=rate)
    options = {"padding": "same", "dilation_rate": rate, "use_bias": False}
    return blocks.norm_relu(layers.SeparableConv2D(filters, 3, name=name, **options)(x), name)


def _finished(
    name: str, inputs: keras.KerasTensor, x: Features, num_logits: int, encoder: str, weights: str | None
) -> keras.Model:
    network = keras.Model(inputs, blocks.head(x, num_logits, LOGITS), name=name)
    if weights is not None:
        take_encoder_weights(network, encoder, Path(weights))
    return network
