"""Blocks by rank."""

import keras
import pytest

from tfpartial.errors import TfpartialError
from tfpartial.models import blocks


@pytest.mark.parametrize("grid", [(8, 16), (4, 8, 16)])
def test_blocks_take_the_rank_of_their_features(grid):
    x = keras.Input((*grid, 3))
    halved = tuple(side // 2 for side in grid)
    features = blocks.two_convs(x, 5, "first")
    assert features.shape == (None, *grid, 5)
    assert blocks.pool(features, "first").shape == (None, *halved, 5)
    assert blocks.up(blocks.pool(features, "second"), 4, "second").shape == (None, *grid, 4)
    logits = blocks.head(features, 2, "logits")
    assert (logits.shape, logits.dtype) == ((None, *grid, 2), "float32")
    kernels = [weight for weight in keras.Model(x, logits).weights if weight.name == "kernel"]
    assert [kernel.shape[:-2] for kernel in kernels] == [(3,) * len(grid), (3,) * len(grid), (1,) * len(grid)]


def test_names_of_layers_come_from_the_block():
    x = keras.Input((4, 4, 1))
    model = keras.Model(x, blocks.up(blocks.two_convs(x, 2, "down", relu="lowest"), 2, "again"))
    named = [layer.name for layer in model.layers[1:]]
    down = ["down_conv_1", "down_conv_2", "down_conv_2_bn", "lowest"]
    assert named == [*down, "again_up_conv", "again_up_conv_bn", "again_up_conv_relu"]


def test_features_of_another_rank_are_refused():
    with pytest.raises(TfpartialError, match=r"a grid of 2 or 3 axes, got \(None, 7, 3\)"):
        blocks.conv_relu(keras.Input((7, 3)), 2, "conv")
