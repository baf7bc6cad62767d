"""Dense attention between the voxels of a slice: the two modules of the U-Transformer."""

from __future__ import annotations

import math
from typing import NamedTuple

from keras import layers

from tfpartial.errors import TfpartialError
from tfpartial.models import blocks
from tfpartial.models.blocks import Features
from tfpartial.models.layers.position_encoding import PositionEncoding2D

THESIS_WIDTH, CROSS_PARAMETERS = 64, 2.5e6
"""Parameters of one cross-attention at this width; they grow as the width squared, like a convolution's."""
SELF, CROSS, ATTENTION = "self_attention", "cross_attention", "heads"
"""Names: `self_attention_heads` and `cross_attention_3_heads` are the layers whose scores are the attention maps."""


class Heads(NamedTuple):
    """What both modules have.

    Args:
        number: of attention heads.
        positions: whether each voxel is told where it is.
        max_tokens: features of more voxels than this are averaged, over blocks of equal sides, until they are so few.
    """

    number: int
    positions: bool
    max_tokens: int


def self_attention(x: Features, heads: Heads, residual: bool = False) -> Features:
    """MHSA: every voxel of the features reads every other (thesis, section 5.3.1).

        Attention(Q, K, V) = softmax(Q K^T / sqrt(d_k)) V                (eq. 5.1)

    in each head, of C / heads channels. Q, K and V are three embeddings of the same features, which pass a 1x1 convolution and BN
    and get their positions before: 5 C^2 weights, 5.2 M for the 1024 channels of the thesis's U-Net ("about 5 M").

    Args:
        x: `[B, H, W, C]`.
        heads: their number divides C.
        residual: add the result to `x` rather than to take its place. Features that are pooled are always added to.

    Returns:
        `[B, H, W, C]`.

    Raises:
        TfpartialError: C is not a multiple of the heads.
    """
    channels = x.shape[-1]
    if channels % heads.number:
        raise TfpartialError(f"expected heads that divide the {channels} channels of the self-attention, got {heads.number}")
    pooled = _pooling(x, heads.max_tokens)
    tokens = _tokens(x, channels, pooled, heads, f"{SELF}_of")
    out = _attend(tokens, tokens, heads, channels, SELF)
    if pooled > 1:
        out = _grown(out, pooled, x, SELF)
    return layers.Add(name=f"{SELF}_add")([x, out]) if residual or pooled > 1 else out


def cross_attention(skip: Features, below: Features, level: int, heads: Heads, width: int) -> Features:
    """MHCA: a skip filtered by what the level below attends to (thesis, section 5.3.2 and figure 5.6).

    Keys and queries come from the high-level features Y, values from the skip S, brought to Y's size by a maximum over 2x2; the
    result passes a 1x1 convolution and a sigmoid, and is upsampled: Z. The skip becomes Z S.

    Args:
        skip: S, `[B, H, W, C]`.
        below: Y, `[B, H/2, W/2, C']`.
        level: of the skip, for the names.
        heads: those of the attention.
        width: of the network: the embedding is as wide as gives the module the thesis's parameters, see `embedding_width`.

    Returns:
        `[B, H, W, C]`.
    """
    name, channels = f"{CROSS}_{level}", skip.shape[-1]
    embedding = embedding_width(below.shape[-1], channels, width, heads.number)
    pooled = _pooling(below, heads.max_tokens)
    keys = _tokens(below, embedding, pooled, heads, f"{name}_keys")
    values = _tokens(blocks.pool(skip, f"{name}_values"), embedding, pooled, heads, f"{name}_values")
    gate = blocks.convolution(_attend(keys, values, heads, embedding, name), channels, 1, f"{name}_filter", activation="sigmoid")
    return layers.Multiply(name=f"{name}_gated")([skip, _grown(gate, pooled, skip, name, scale=2)])


def embedding_width(below: int, skip: int, width: int, heads: int) -> int:
    """Channels d of a cross-attention's keys and values, a multiple of the heads.

    Two 1x1 convolutions to d, four dense layers d to d and a 1x1 convolution to the skip's channels have
    4 d^2 + (below + 2 skip) d weights; d makes them 2.5 M (width / 64)^2.
    """
    linear, budget = below + 2 * skip, CROSS_PARAMETERS * (width / THESIS_WIDTH) ** 2
    channels = (math.sqrt(linear**2 + 16 * budget) - linear) / 8
    return heads * max(round(channels / heads), 1)


def _pooling(x: Features, max_tokens: int) -> int:
    """The smallest side of blocks whose averages are no more than `max_tokens`."""
    _, rows, columns, _ = x.shape
    side = 1
    while math.ceil(rows / side) * math.ceil(columns / side) > max_tokens:
        side += 1
    return side


def _tokens(x: Features, channels: int, pooled: int, heads: Heads, name: str) -> Features:
    """`[B, h, w, channels]`: embedded, normalised, as few as asked for, with their positions."""
    x = blocks.norm_relu(blocks.convolution(x, channels, 1, f"{name}_embedding", use_bias=False), f"{name}_embedding")
    if pooled > 1:
        x = layers.AveragePooling2D(pooled, padding="same", name=f"{name}_average")(x)
    return PositionEncoding2D(name=f"{name}_positions")(x) if heads.positions else x


def _attend(keys: Features, values: Features, heads: Heads, channels: int, name: str) -> Features:
    """`[B, h, w, channels]`: for each voxel of `keys` a mean of `values`, by how alike the keys are."""
    _, rows, columns, width = keys.shape
    flat = layers.Reshape((rows * columns, width), name=f"{name}_tokens")
    keys, values = flat(keys), flat(values)
    attention = layers.MultiHeadAttention(heads.number, width // heads.number, output_shape=channels, name=f"{name}_{ATTENTION}")
    return layers.Reshape((rows, columns, channels), name=f"{name}_grid")(attention(keys, values, keys))


def _grown(x: Features, pooled: int, like: Features, name: str, scale: int = 1) -> Features:
    """Linearly upsampled to the grid of `like`, `scale` times as fine as what was pooled; what pooling had padded is cut off."""
    x = layers.UpSampling2D(scale * pooled, interpolation="bilinear", name=f"{name}_up")(x)
    spare = [(have - want) // scale for have, want in zip(x.shape[1:3], like.shape[1:3], strict=True)]
    cuts = tuple((scale * (rest // 2), scale * (rest - rest // 2)) for rest in spare)  # pooling pads in front and behind
    return layers.Cropping2D(cuts, name=f"{name}_crop")(x) if any(spare) else x
