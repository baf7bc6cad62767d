"""Blocks that networks share, in 2D and in 3D: the rank is that of the features that come in.

Names are part of the blocks: a layer's weights are found again by its name.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import keras
from keras import layers

from tfpartial.errors import TfpartialError
from tfpartial.models.layers.fused_batch_norm import FusedBatchNormalization
from tfpartial.models.layers.up_conv import UP_CONVOLUTIONS

Features: TypeAlias = keras.KerasTensor
"""`[B, *grid, channels]`, with a grid of 2 or 3 axes."""
CONVOLUTIONS = {2: layers.Conv2D, 3: layers.Conv3D}
POOLINGS = {2: layers.MaxPooling2D, 3: layers.MaxPooling3D}


def rank_of(x: Features) -> int:
    """Number of axes of the grid. Raises `TfpartialError` when there is no block of that rank."""
    rank = len(x.shape) - 2
    if rank not in CONVOLUTIONS:
        raise TfpartialError(f"expected features [B, *grid, channels] with a grid of 2 or 3 axes, got {tuple(x.shape)}")
    return rank


def convolution(x: Features, filters: int, size: int, name: str, **options: Any) -> Features:
    """A convolution that keeps the grid."""
    return CONVOLUTIONS[rank_of(x)](filters, size, padding="same", name=name, **options)(x)


def conv_relu(x: Features, filters: int, name: str) -> Features:
    """3x3 convolution and relu."""
    return convolution(x, filters, 3, name, activation="relu")


def norm(x: Features, name: str, **options: Any) -> Features:
    """Batch normalisation."""
    return FusedBatchNormalization(name=f"{name}_bn", **options)(x)


def norm_relu(x: Features, name: str, relu: str = "", **options: Any) -> Features:
    """Batch normalisation and relu; `relu` names the relu otherwise than `<name>_relu`."""
    return layers.ReLU(name=relu or f"{name}_relu")(norm(x, name, **options))


def conv_norm_relu(x: Features, filters: int, size: int, name: str, relu: str = "", **options: Any) -> Features:
    """A normalised convolution that keeps the grid, and relu; the BN's offset is its bias."""
    return norm_relu(convolution(x, filters, size, name, use_bias=False, **options), name, relu)


def two_convs(x: Features, filters: int, name: str, relu: str = "") -> Features:
    """Two 3x3 convolutions, the second one normalised (thesis, Table A.1)."""
    x = conv_relu(x, filters, f"{name}_conv_1")
    return conv_norm_relu(x, filters, 3, f"{name}_conv_2", relu)


def pool(x: Features, name: str) -> Features:
    """The largest of every 2 voxels along each axis."""
    return POOLINGS[rank_of(x)](2, name=f"{name}_pool")(x)


def up(x: Features, filters: int, name: str) -> Features:
    """Nearest upsampling by 2 along each axis, and a convolution of size 2, normalised."""
    return norm_relu(UP_CONVOLUTIONS[rank_of(x)](filters, name=f"{name}_up_conv")(x), f"{name}_up_conv")


def head(x: Features, num_logits: int, name: str) -> Features:
    """Float32 logits, also under mixed precision."""
    return convolution(x, num_logits, 1, name, dtype="float32")
