import re

import keras
import numpy as np
import pytest

from tfpartial import models
from tfpartial.errors import TfpartialError
from tfpartial.models.attention import embedding_width


def build(**options):
    keras.utils.set_random_seed(0)
    return models.build("u_transformer", 2, (32, 48, 1), **{"width": 2, "heads": 2, **options})


def softmax(scores):
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return scores / scores.sum(axis=-1, keepdims=True)


def attended(layer, keys, values):
    """Equation 5.1 in each head, by hand: tokens `[n, C]` -> `[n, C']`."""
    (wq, bq), (wk, bk), (wv, bv), (wo, bo) = (
        dense.get_weights() for dense in (layer.query_dense, layer.key_dense, layer.value_dense, layer.output_dense)
    )
    q, k, v = (np.einsum("nc,chd->hnd", x, w) + b[:, None] for x, w, b in ((keys, wq, bq), (keys, wk, bk), (values, wv, bv)))
    weights = softmax(q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1]))
    return np.einsum("hnd,hdc->nc", weights @ v, wo) + bo


def outputs(network, *names):
    image = np.random.default_rng(0).normal(size=(1, 32, 48, 1)).astype("float32")
    made = keras.Model(network.input, [network.get_layer(name).output for name in names])(image)
    return [np.array(each) for each in made]


@pytest.mark.parametrize(
    ("options", "millions"),
    [
        ({"cross_attention": 0}, 5.0),
        ({"self_attention": False, "cross_attention": 1}, 2.5),
        ({"self_attention": False, "cross_attention": 4}, 10.0),
        ({}, 15.0),
    ],
)
def test_adds_the_parameters_of_the_thesis(options, millions):
    network = models.build("u_transformer", 7, (512, 512, 1), **options)
    assert network.count_params() - 31_042_503 == pytest.approx(millions * 1e6, rel=0.1)


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_each_cross_attention_has_as_many(level):
    without, with_it = (
        models.build("u_transformer", 7, (64, 64, 1), self_attention=False, cross_attention=5 - level - less).count_params()
        for less in (1, 0)
    )
    assert with_it - without == pytest.approx(2.5e6, rel=0.02)


def test_without_attention_it_is_the_unet():
    plain = models.build("u_transformer", 2, (32, 48, 1), width=2, self_attention=False, cross_attention=0)
    unet = models.build("unet", 2, (32, 48, 1), width=2)
    assert [layer.name for layer in plain.layers] == [layer.name for layer in unet.layers]
    assert plain.count_params() == unet.count_params()


def test_self_attention_is_equation_5_1():
    network = build(cross_attention=0)
    tokens, out = outputs(network, "self_attention_tokens", "self_attention_grid")
    expected = attended(network.get_layer("self_attention_heads"), tokens[0], tokens[0])
    assert tokens.shape == (1, 6, 32)
    np.testing.assert_allclose(out.reshape(6, 32), expected, rtol=1e-4, atol=1e-5)
    assert network.get_layer("decoder_4_up_conv").input is network.get_layer("self_attention_grid").output


def test_cross_attention_filters_the_skip_by_figure_5_6():
    network = build(self_attention=False, cross_attention=1)
    names = ["cross_attention_4_keys_positions", "cross_attention_4_values_positions", "cross_attention_4_grid"]
    keys, values, grid = outputs(network, *names)
    width = keys.shape[-1]
    expected = attended(network.get_layer("cross_attention_4_heads"), keys.reshape(-1, width), values.reshape(-1, width))
    np.testing.assert_allclose(grid.reshape(-1, width), expected, rtol=1e-4, atol=1e-5)
    filtered, up, skip, gated = outputs(
        network, "cross_attention_4_filter", "cross_attention_4_up", "encoder_4_conv_2_relu", "cross_attention_4_gated"
    )
    convolution = network.get_layer("cross_attention_4_filter")
    z = 1 / (1 + np.exp(-(grid @ convolution.get_weights()[0][0, 0] + convolution.get_weights()[1])))
    np.testing.assert_allclose(filtered, z, rtol=1e-4)
    assert up.shape == skip.shape == (1, 4, 6, 16)
    np.testing.assert_allclose(gated, up * skip, rtol=1e-5)
    assert network.get_layer("decoder_4_concat").input[0] is network.get_layer("cross_attention_4_gated").output


def test_keys_come_from_below_and_values_from_the_skip():
    network = build(self_attention=False, cross_attention=1)
    assert network.get_layer("cross_attention_4_keys_embedding").input is network.get_layer(models.BOTTLENECK).output
    assert network.get_layer("cross_attention_4_values_pool").input is network.get_layer("encoder_4_conv_2_relu").output


@pytest.mark.parametrize("number", range(5))
def test_skips_are_filtered_from_the_lowest_one_up(number):
    gated = [layer.name for layer in build(cross_attention=number).layers if layer.name.endswith("_gated")]
    assert sorted(gated) == [f"cross_attention_{level}_gated" for level in range(5 - number, 5)]


def test_positions_can_be_left_out():
    with_them, without = build(), build(positional_encoding=False)
    assert with_them.count_params() == without.count_params()
    assert not [layer for layer in without.layers if layer.name.endswith("_positions")]


def test_without_positions_self_attention_does_not_know_where_it_is():
    """Tokens in another order come out in that order; with positions they do not."""
    order = np.random.default_rng(1).permutation(6)
    features = np.random.default_rng(0).normal(size=(1, 2, 3, 32)).astype("float32")
    shuffled = features.reshape(1, 6, 32)[:, order].reshape(features.shape)
    for positions, alike in ((False, True), (True, False)):
        network = build(cross_attention=0, positional_encoding=positions)
        part = keras.Model(network.get_layer(models.BOTTLENECK).output, network.get_layer("self_attention_grid").output)
        first, second = (np.array(part(x)).reshape(6, 32) for x in (features, shuffled))
        assert np.allclose(first[order], second, atol=1e-5) == alike


@pytest.mark.parametrize(("max_tokens", "tokens"), [(24, 24), (23, 6), (6, 6), (5, 4), (3, 2), (1, 1)])
def test_features_of_more_voxels_are_averaged(max_tokens, tokens):
    """Below the third skip are 4x6 voxels; odd sides are padded, and the filter is cut to the skip's size."""
    network = build(self_attention=False, cross_attention=2, max_tokens=max_tokens)
    assert network.get_layer("cross_attention_3_tokens").output.shape[1] == tokens
    assert network.get_layer("cross_attention_3_gated").output.shape == (None, 8, 12, 8)


def test_the_filter_of_averaged_features_lies_where_they_were():
    """Four rows in blocks of three: pooling pads a row in front and one behind, two rows each on the skip's grid."""
    network = build(self_attention=False, cross_attention=2, max_tokens=5)
    up, crop = outputs(network, "cross_attention_3_up", "cross_attention_3_crop")
    assert up.shape == (1, 12, 12, 8)
    np.testing.assert_array_equal(crop, up[:, 2:-2])


@pytest.mark.parametrize(("options", "added"), [({}, False), ({"residual": True}, True), ({"max_tokens": 2}, True)])
def test_the_result_is_added_on_request_and_where_it_is_pooled(options, added):
    """Six voxels at the end of the encoder: pooled to two, their own places are only in the features themselves."""
    layers = {layer.name for layer in build(cross_attention=0, **options).layers}
    assert ("self_attention_add" in layers) == added


def test_the_embedding_is_a_multiple_of_the_heads():
    assert [embedding_width(1024, 512, 64, heads) for heads in (1, 8, 7)] == [575, 576, 574]
    assert embedding_width(2, 1, 1, 8) == 8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads": 3}, "expected heads that divide the 32 channels of the self-attention, got 3"),
        ({"cross_attention": 5}, "u_transformer: expected cross_attention of 0 to 4 skips, got 5"),
    ],
)
def test_refuses(options, message):
    with pytest.raises(TfpartialError, match=re.escape(message)):
        build(**options)
