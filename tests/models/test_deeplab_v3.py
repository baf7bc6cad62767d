import keras
import numpy as np
import pytest

from tfpartial import models
from tfpartial.errors import TfpartialError

PLAIN, PLUS = "deeplab_v3", "deeplab_v3_plus"


def build(name=PLUS, shape=(32, 48, 1), **options):
    keras.utils.set_random_seed(0)
    return models.build(name, 2, shape, **{"width": 4, "encoder": "resnet18", **options})


@pytest.mark.parametrize(
    ("name", "options", "millions"),
    [(PLAIN, {}, 39.1), (PLUS, {}, 40.4), (PLUS, {"separable": True}, 26.7)],
)
def test_has_the_parameters_of_the_published_sizes(name, options, millions):
    network = models.build(name, 7, (64, 64, 3), **options)
    assert network.count_params() / 1e6 == pytest.approx(millions, abs=0.05)


@pytest.mark.parametrize("name", [PLAIN, PLUS])
@pytest.mark.parametrize("output_stride", [16, 8])
def test_the_pyramid_is_at_the_output_stride_and_the_features_on_the_slices_grid(name, output_stride):
    network = build(name, output_stride=output_stride)
    low = network.get_layer(models.BOTTLENECK).output.shape
    assert low == (None, 32 // output_stride, 48 // output_stride, 16)
    assert network.get_layer(models.FEATURES).output.shape == (None, 32, 48, 16)
    assert network.get_layer(models.LOGITS).input is network.get_layer(models.FEATURES).output
    assert (network.output.shape, network.output.dtype) == ((None, 32, 48, 2), "float32")
    rates = [network.get_layer(f"pyramid_{rate}").dilation_rate[0] for rate in (6, 12, 18)]
    assert rates == [rate * 16 // output_stride for rate in (6, 12, 18)]


def test_the_last_level_is_dilated_by_the_multi_grid():
    network = build(PLAIN, encoder="resnet50", output_stride=8)
    of_level = {
        level: [network.get_layer(f"encoder_{level}_block_{block}_conv_2").dilation_rate[0] for block in (1, 2, 3)]
        for level in (3, 4, 5)
    }
    assert of_level == {3: [1, 1, 1], 4: [2, 2, 2], 5: [4, 8, 16]}


def test_the_decoder_has_48_features_of_stride_4_at_the_published_width():
    network = models.build(PLUS, 2, (32, 32, 1), encoder="resnet18")
    assert network.get_layer("decoder_low").output.shape == (None, 8, 8, 48)
    assert network.get_layer("decoder_concat").output.shape == (None, 8, 8, 256 + 48)


def test_the_mean_of_the_slice_reaches_every_voxel_of_the_pyramid():
    network = build(PLAIN)
    read = keras.Model(network.input, [network.get_layer(f"pyramid_mean_{part}").output for part in ("relu", "up")])
    mean, up = read(np.random.default_rng(0).normal(size=(1, 32, 48, 1)).astype("float32"))
    np.testing.assert_array_equal(up, np.broadcast_to(mean, (1, 2, 3, 16)))


@pytest.mark.parametrize("name", [PLAIN, PLUS])
@pytest.mark.parametrize(("output_stride", "sides"), [(16, (24, 32)), (8, (32, 36))])
def test_refuses_sides_that_the_output_stride_does_not_divide(name, output_stride, sides):
    message = f"{name}: expected slices whose sides are multiples of {output_stride}, got {sides[0]}x{sides[1]}"
    with pytest.raises(TfpartialError, match=message):
        build(name, (*sides, 1), output_stride=output_stride)


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("encoder", "resnet99", "resnet18 or resnet34 or resnet50"),
        ("output_stride", 32, "16 or 8"),
        ("width", 1, "int, 2 or more"),
    ],
)
def test_names_what_an_option_may_be(option, value, expected):
    with pytest.raises(TfpartialError, match=f"network '{PLUS}'.{option}: expected {expected}.*, got '?{value}"):
        build(**{option: value})
