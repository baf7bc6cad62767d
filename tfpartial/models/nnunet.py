"""The plain U-Net of nnU-Net, in 2D."""

from __future__ import annotations

from typing import Annotated, Any

import keras
from keras import layers

from tfpartial.errors import TfpartialError
from tfpartial.models import attention, blocks
from tfpartial.models.attention import Heads
from tfpartial.models.blocks import Features
from tfpartial.models.endpoints import BOTTLENECK, DECODED, FEATURES, LOGITS
from tfpartial.models.layers.instance_norm import InstanceNormalization
from tfpartial.models.topology import Strides, chosen_strides
from tfpartial.options import AtLeast

SLOPE = 0.01
"""Of the leaky ReLU where it is negative."""


def nnunet(
    num_logits: int,
    input_shape: tuple[int, int, int] = (512, 512, 1),
    width: Annotated[int, AtLeast(1)] = 32,
    max_width: Annotated[int, AtLeast(1)] = 512,
    stages: Annotated[int | None, AtLeast(2)] = None,
    strides: list[list[int]] | None = None,
    self_attention: bool = False,
    cross_attention: Annotated[int, AtLeast(0)] = 0,
    heads: Annotated[int, AtLeast(1)] = 8,
    positional_encoding: bool = True,
    max_tokens: Annotated[int, AtLeast(1)] = 32 * 32,
    residual: bool = False,
) -> keras.Model:
    """nnU-Net's U-Net in 2D (F. Isensee et al. 2021; `PlainConvUNet` of nnU-Net v2).

    Two 3x3 convolutions per stage, each followed by instance normalisation and a leaky ReLU; the first one of a stage has the
    stride. Stage i has min(width 2^i, max_width) filters. The way up: a transposed convolution as large as its stride, the skip,
    two convolutions. For 512x512 there are 8 stages, with 46.3 M parameters for 7 organs. MHSA and MHCA are those of
    `u_transformer` (thesis, Table 5.6).

    Args:
        num_logits: logits per voxel.
        input_shape: `(H, W, C)`; the strides divide H and W.
        width: filters of the first stage; each stage below has twice as many.
        max_width: filters of a stage at most.
        stages: number of stages, each of which after the first halves both sides; none halves them while 4 voxels are left.
        strides: rows and columns of each stage after the first, such as `[[2, 2], [1, 2]]`, instead of `stages`.
        self_attention: attention between all voxels of the lowest stage (MHSA).
        cross_attention: skips that are filtered by attention (MHCA), from the lowest one up; 0 filters none.
        heads: attention heads of each module.
        positional_encoding: whether sine and cosine of its row and column are added to each voxel before an attention.
        max_tokens: voxels that attend to each other; features of more are averaged over blocks first.
        residual: add the self-attention's result to the features rather than to take their place.

    Returns:
        A functional model that gives float32 logits, also under mixed precision.

    Raises:
        TfpartialError: another shape than `(H, W, C)`; sides that the strides do not divide, or of which fewer than 4 voxels are
            left; stages and strides that contradict each other; more skips than there are, or with unequal strides below them;
            heads that do not divide the channels.
    """
    steps: Strides = [[1, 1], *chosen_strides("nnunet", input_shape, stages, strides)]
    _check_gates(cross_attention, steps)
    settings, lowest = Heads(heads, positional_encoding, max_tokens), len(steps) - 1
    filters = [min(width * 2**stage, max_width) for stage in range(len(steps))]
    inputs = keras.Input(input_shape, name="slice")
    *skips, x = _encoder(inputs, filters, steps)
    if self_attention:
        x = attention.self_attention(x, settings, residual)
    for stage in range(lowest - 1, -1, -1):
        skip = skips[stage]
        if stage >= lowest - cross_attention:
            skip = attention.cross_attention(skip, x, stage + 1, settings, width)
        x = _up(x, skip, steps[stage + 1], f"decoder_{stage}", DECODED.format(stage) if stage else FEATURES)
    return keras.Model(inputs, blocks.head(x, num_logits, LOGITS), name="nnunet")


def _encoder(x: Features, filters: list[int], steps: Strides) -> list[Features]:
    """The last features of each stage."""
    found = []
    for stage, (width, stride) in enumerate(zip(filters, steps, strict=True)):
        last = BOTTLENECK if stage == len(steps) - 1 else f"encoder_{stage}_conv_2_relu"
        x = _two_convs(x, width, f"encoder_{stage}", last, stride)
        found.append(x)
    return found


def _up(x: Features, skip: Features, stride: list[int], name: str, relu: str) -> Features:
    """A stage of the decoder, with the filters of the skip."""
    filters = skip.shape[-1]
    x = layers.Conv2DTranspose(filters, stride, stride, **_first_weights(), name=f"{name}_up")(x)
    return _two_convs(layers.Concatenate(name=f"{name}_concat")([x, skip]), filters, name, relu)


def _two_convs(x: Features, filters: int, name: str, relu: str, stride: list[int] | int = 1) -> Features:
    """Two normalised convolutions, the first one with the stride; `relu` names the last layer."""
    x = _conv_norm_relu(x, filters, f"{name}_conv_1", f"{name}_conv_1_relu", strides=stride)
    return _conv_norm_relu(x, filters, f"{name}_conv_2", relu)


def _conv_norm_relu(x: Features, filters: int, name: str, relu: str, **options: Any) -> Features:
    x = blocks.convolution(x, filters, 3, name, **_first_weights(), **options)
    return layers.LeakyReLU(SLOPE, name=relu)(InstanceNormalization(name=f"{name}_norm")(x))


def _first_weights() -> dict[str, Any]:
    """As published: variances that a leaky ReLU keeps (K. He et al. 2015, eq. 15)."""
    return {"kernel_initializer": keras.initializers.VarianceScaling(2 / (1 + SLOPE**2), "fan_in", "untruncated_normal")}


def _check_gates(cross_attention: int, steps: Strides) -> None:
    skips = len(steps) - 1
    if cross_attention > skips:
        raise TfpartialError(f"nnunet: expected cross_attention of 0 to {skips} skips, got {cross_attention}")
    below = steps[len(steps) - cross_attention :]
    if any(stride != [2, 2] for stride in below):
        raise TfpartialError(f"nnunet: expected strides [2, 2] below each skip that cross_attention filters, got {below}")
