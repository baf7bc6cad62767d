"""What a voxel attends to, by hand."""

import keras
import numpy as np
import pytest
from keras import layers

from tfpartial import models
from tfpartial.inspection.attention_maps import attention_at, attention_layers
from tfpartial.inspection.findings import Attended
from tfpartial.inspection.graph import steps_of


def test_the_scores_of_a_voxel_by_hand(attending):
    x = np.random.default_rng(0).normal(size=(2, 2, 4, 1)).astype("float32")
    (layer,) = attention_layers(steps_of(attending))
    scores = attention_at(attending, layer, [x], (1, 2), (2, 4))
    assert scores.shape == (2, 1, 2, 4)
    alike = np.exp(x[:, 1, 2, 0][:, None, None] * x[..., 0])
    np.testing.assert_allclose(scores[:, 0], alike / alike.sum(axis=(1, 2), keepdims=True), rtol=1e-5)


def test_each_attention_of_the_u_transformer_has_a_map_on_its_own_grid():
    network = models.build("u_transformer", 2, (32, 48, 1), width=2, heads=2, max_tokens=24)
    found = attention_layers(steps_of(network))
    names = ["self_attention_heads", *(f"cross_attention_{level}_heads" for level in (4, 3, 2, 1))]
    assert [each.step.layer.name for each in found] == names
    assert [each.keys for each in found] == [(2, 3), (2, 3), (4, 6), (4, 6), (4, 6)]
    slices = np.random.default_rng(0).normal(size=(1, 32, 48, 1)).astype("float32")
    for each in found:
        first, last = (attention_at(network, each, [slices], voxel, (32, 48)) for voxel in ((0, 0), (31, 47)))
        assert first.shape == (1, 2, *each.keys)
        np.testing.assert_allclose(first.sum(axis=(2, 3)), 1.0, rtol=1e-5)
        assert not np.allclose(first, last, atol=1e-7)


def test_attention_that_is_not_between_voxels_is_left_out_and_said(caplog):
    inputs = keras.Input((4, 4, 3))
    tokens = layers.Reshape((6, 8))(inputs)
    x = layers.MultiHeadAttention(1, 2, name="strange")(tokens, tokens)
    network = keras.Model(inputs, layers.Reshape((4, 4, 3))(x))
    assert attention_layers(steps_of(network)) == []
    assert "layer 'strange': no map of what it attends to" in caplog.text


@pytest.mark.parametrize(("scores", "entropy"), [([1.0, 0.0, 0.0, 0.0], 0.0), ([0.25] * 4, 1.0), ([0.5, 0.5, 0.0, 0.0], 0.5)])
def test_entropy_tells_one_voxel_from_all(scores, entropy):
    assert Attended("heads", np.reshape(scores, (1, 1, 2, 2))).row()["entropy"] == pytest.approx(entropy)
