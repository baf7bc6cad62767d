import typing

import keras
import numpy as np
import pytest

from tfpartial.models.encoders import ENCODERS, EncoderName


def encoder(name, shape=(64, 64, 1), width=2, **options):
    inputs = keras.Input(shape)
    keras.utils.set_random_seed(0)
    return keras.Model(inputs, list(ENCODERS[name](inputs, width, **options).values()))


def test_the_list_of_encoders_says_what_the_table_has():
    assert set(typing.get_args(EncoderName)) == set(ENCODERS)


@pytest.mark.parametrize(
    ("name", "trainable"),
    # Without the classifier of 1000 classes: 11,689,512, 21,797,672, 25,557,032 and 44,549,160 parameters with it.
    [("resnet18", 11_176_512), ("resnet34", 21_284_672), ("resnet50", 23_508_032), ("resnet101", 42_500_160)],
)
def test_has_the_published_parameters(name, trainable):
    """Every convolution is there: kernels [size, size, in, out], two numbers per normalised channel."""
    model = encoder(name, (32, 32, 3), 64)
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == trainable
    named = {conv.name for conv in ENCODERS[name].convolutions()}
    assert named == {layer.name for layer in model.layers if isinstance(layer, keras.layers.Conv2D)}


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_levels_are_at_their_strides(name):
    wide = 1 if name == "resnet18" else 4
    filters = [2, *(2 * wide * 2**level for level in range(4))]
    shapes = [(None, 64 // 2**level, 64 // 2**level, width) for level, width in enumerate(filters, start=1)]
    assert [tensor.shape for tensor in encoder(name).outputs] == shapes


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet50_v1_5"])
@pytest.mark.parametrize("output_stride", [8, 16])
def test_a_dilated_encoder_gives_the_strided_ones_features_where_that_has_some(name, output_stride):
    strided, dilated = encoder(name), encoder(name, output_stride=output_stride)
    dilated.set_weights(strided.get_weights())
    image = np.random.default_rng(0).normal(size=(1, 64, 64, 1)).astype("float32")
    for wanted, got in zip(strided(image), dilated(image), strict=True):
        step = got.shape[1] // wanted.shape[1]
        np.testing.assert_allclose(np.array(got)[:, ::step, ::step], wanted, rtol=1e-4, atol=1e-5)
    assert got.shape[1] == 64 // output_stride


@pytest.mark.parametrize(("name", "factors"), [("resnet50", [2, 2, 2]), ("resnet50_v1_5", [1, 2, 2])])
def test_a_bottleneck_halves_the_grid_at_its_place(name, factors):
    model = encoder(name)
    rows = model.get_layer("encoder_2_block_1_relu").output.shape[1]
    convolutions = [model.get_layer(f"encoder_3_block_1_conv_{number}") for number in (1, 2, 3)]
    assert [rows // convolution.output.shape[1] for convolution in convolutions] == factors


def test_no_convolution_of_one_voxel_has_a_stride():
    """TensorFlow's gradient of it, by oneDNN, writes outside of its memory."""
    for name in ENCODERS:
        layers = [layer for layer in encoder(name).layers if isinstance(layer, keras.layers.Conv2D)]
        assert [layer.name for layer in layers if layer.kernel_size == (1, 1) and layer.strides != (1, 1)] == []
