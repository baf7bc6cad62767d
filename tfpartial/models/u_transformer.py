"""U-Transformer."""

from __future__ import annotations

from typing import Annotated

import keras

from tfpartial.errors import TfpartialError
from tfpartial.models import attention
from tfpartial.models.attention import Heads
from tfpartial.models.blocks import Features
from tfpartial.models.u_shape import LEVELS, u_shape
from tfpartial.options import AtLeast


def u_transformer(
    num_logits: int,
    input_shape: tuple[int, int, int] = (512, 512, 1),
    width: Annotated[int, AtLeast(1)] = 64,
    self_attention: bool = True,
    cross_attention: Annotated[int, AtLeast(0)] = LEVELS,
    heads: Annotated[int, AtLeast(1)] = 8,
    positional_encoding: bool = True,
    max_tokens: Annotated[int, AtLeast(1)] = 32 * 32,
    residual: bool = False,
) -> keras.Model:
    """U-Net of Table A.1 with dense attention: MHSA at the end of the encoder, MHCA in the skips (thesis, chapter 5).

    At width 64 MHSA adds 5.25 M parameters to the U-Net's 31.04 M, each MHCA 2.5 M ("about 5" and "about 2.5 M" in the thesis):
    MHSA embeds the features once before Q, K and V, and MHCA's embedding is as wide as gives each level those parameters.

    Dense attention at a slice's full size does not exist: n voxels have n^2 scores in each head. So no more than `max_tokens`
    attend to each other, and features of more voxels are averaged first. A slice of 512x512 has 32x32 voxels at the end of the
    encoder and 32, 64, 128, 256 squared below the four skips, from the lowest one up; with 8 heads and float32 the scores would
    take 34 MB, 0.5 GB, 8.6 GB and 137 GB a slice. The default pools all of them to 32x32, 34 MB each.

    Args:
        num_logits: logits per voxel.
        input_shape: `(H, W, C)`; H and W are multiples of 16.
        width: filters of the first block; each level below has twice as many.
        self_attention: attention between all voxels of the lowest level (MHSA).
        cross_attention: skips that are filtered by attention (MHCA), from the lowest one up; 0 filters none, 4 all.
        heads: attention heads of each module.
        positional_encoding: whether sine and cosine of its row and column are added to each voxel before an attention.
        max_tokens: voxels that attend to each other; features of more are averaged over blocks first.
        residual: add the self-attention's result to the features rather than to take their place.

    Returns:
        A functional model that gives float32 logits, also under mixed precision.

    Raises:
        TfpartialError: another shape than `(H, W, C)`, H or W is not a multiple of 16, more skips than there are, or heads that
            do not divide the channels.
    """
    if cross_attention > LEVELS:
        raise TfpartialError(f"u_transformer: expected cross_attention of 0 to {LEVELS} skips, got {cross_attention}")
    settings = Heads(heads, positional_encoding, max_tokens)

    def bottom(x: Features) -> Features:
        return attention.self_attention(x, settings, residual) if self_attention else x

    def gate(skip: Features, below: Features, level: int) -> Features:
        gated = level > LEVELS - cross_attention
        return attention.cross_attention(skip, below, level, settings, width) if gated else skip

    return u_shape("u_transformer", num_logits, input_shape, width, bottom, gate)
