import itertools
import re

import keras
import numpy as np
import pytest

from tfpartial import models
from tfpartial.errors import TfpartialError
from tfpartial.models.layers.instance_norm import InstanceNormalization


def build(shape=(32, 48, 1), **options):
    keras.utils.set_random_seed(0)
    return models.build("nnunet", 2, shape, **{"width": 2, "heads": 2, **options})


def test_has_the_parameters_of_the_published_network():
    """By hand: 3x3 kernels with biases, two values per normalised channel, 2x2 kernels going up, and the head."""
    filters = [32, 64, 128, 256, 512, 512, 512, 512]
    block = [9 * a * b + 3 * b + 9 * b * b + 3 * b for a, b in zip([1, *filters], filters, strict=False)]
    up = [
        4 * low * high + high + 9 * 2 * high * high + 3 * high + 9 * high * high + 3 * high
        for high, low in itertools.pairwise(filters)
    ]
    expected = sum(block) + sum(up) + 32 * 7 + 7
    assert models.build("nnunet", 7, (512, 512, 1)).count_params() == expected == 46_320_743


def test_has_the_stages_of_the_published_network():
    network = models.build("nnunet", 7, (512, 512, 1))
    sides = {network.get_layer(f"encoder_{stage}_conv_2_relu").output.shape[1:] for stage in range(7)}
    widths = [32, 64, 128, 256, 512, 512, 512]
    assert sides == {(512 // 2**stage, 512 // 2**stage, width) for stage, width in enumerate(widths)}
    assert network.get_layer(models.BOTTLENECK).output.shape == (None, 4, 4, 512)
    assert network.get_layer(models.FEATURES).output.shape == (None, 512, 512, 32)
    assert not [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]


def test_a_stage_is_convolution_norm_leaky_relu_twice_with_the_stride_first():
    network = build()
    names = [f"encoder_1_conv_{n}{end}" for n in (1, 2) for end in ("", "_norm", "_relu")]
    chain = [network.get_layer(name) for name in names]
    for before, after in itertools.pairwise(chain):
        assert after.input is before.output
    first, norm, relu, second = chain[:4]
    assert (first.strides, second.strides, first.kernel_size) == ((2, 2), (1, 1), (3, 3))
    assert isinstance(norm, InstanceNormalization) and norm.epsilon == 1e-5
    assert relu.negative_slope == pytest.approx(0.01)
    assert first.use_bias and network.get_layer("decoder_0_up").use_bias


def test_the_way_up_joins_a_transposed_convolution_and_the_skip():
    network = build()
    up, joined = network.get_layer("decoder_1_up"), network.get_layer("decoder_1_concat")
    assert up.kernel_size == up.strides == (2, 2) and up.filters == 4
    assert joined.input[0] is up.output and joined.input[1] is network.get_layer("encoder_1_conv_2_relu").output


def test_strides_may_differ_by_axis():
    network = build(strides=[[2, 2], [1, 2]])
    assert network.get_layer(models.BOTTLENECK).output.shape == (None, 16, 12, 8)
    assert network.get_layer("decoder_1_up").kernel_size == (1, 2)
    assert network.output_shape == (None, 32, 48, 2)


def test_filters_are_limited():
    assert build(max_width=5).get_layer(models.BOTTLENECK).output.shape[-1] == 5


def test_first_kernels_have_the_variance_that_a_leaky_relu_keeps():
    kernel = build(width=32).get_layer("decoder_0_conv_1").get_weights()[0]
    assert kernel.std() == pytest.approx(np.sqrt(2 / (1 + 0.01**2) / (9 * 64)), rel=0.05)


def test_attention_is_put_in_at_the_bottleneck_and_the_skips():
    plain = {layer.name for layer in build().layers}
    network = build(self_attention=True, cross_attention=2)
    added = {layer.name.split("_attention")[0] for layer in network.layers if layer.name not in plain}
    assert added == {"self", "cross"}
    gated = sorted(layer.name for layer in network.layers if layer.name.endswith("_gated"))
    assert gated == ["cross_attention_2_gated", "cross_attention_3_gated"]
    assert network.get_layer("decoder_2_up").input is network.get_layer("self_attention_grid").output
    assert network.get_layer("decoder_2_concat").input[1] is network.get_layer("cross_attention_3_gated").output
    assert network.get_layer("cross_attention_3_keys_embedding").input is network.get_layer("self_attention_grid").output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stages": 1}, "network 'nnunet'.stages: expected int or none, 2 or more, got 1"),
        ({"stages": 7}, "nnunet: expected slices whose sides are multiples of 64, got 32x48"),
        ({"cross_attention": 4}, "nnunet: expected cross_attention of 0 to 3 skips, got 4"),
        (
            {"strides": [[2, 2], [1, 2]], "cross_attention": 1},
            "nnunet: expected strides [2, 2] below each skip that cross_attention filters, got [[1, 2]]",
        ),
        ({"self_attention": True, "heads": 3}, "expected heads that divide the 16 channels of the self-attention, got 3"),
        ({"strides": "deep"}, "network 'nnunet'.strides: expected"),
    ],
)
def test_refuses(options, message):
    with pytest.raises(TfpartialError, match=re.escape(message)):
        build(**options)


def test_a_saved_network_gives_the_same_logits(tmp_path):
    network = build(self_attention=True, cross_attention=1)
    image = np.random.default_rng(0).normal(size=(1, 32, 48, 1)).astype("float32")
    network.save(tmp_path / "n.keras")
    again = keras.saving.load_model(tmp_path / "n.keras", safe_mode=True)
    np.testing.assert_array_equal(network(image), again(image))
    assert np.array(network(image)).dtype == np.float32
