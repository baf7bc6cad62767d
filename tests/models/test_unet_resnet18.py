import keras
import pytest

from tfpartial import models
from tfpartial.errors import TfpartialError


def build(shape=(32, 64, 2), **options):
    keras.utils.set_random_seed(0)
    return models.build("unet_resnet18", 3, shape, **{"width": 4, **options})


def test_a_1x1_convolution_precedes_every_concatenation_and_bn_follows_every_convolution():
    network = build()
    for level, filters in ((1, 4), (2, 4), (3, 8), (4, 16), (5, 32)):
        skip = network.get_layer(f"skip_{level}")
        assert (skip.kernel.shape, skip.output.shape) == (
            (1, 1, filters, filters),
            (None, 32 // 2**level, 64 // 2**level, filters),
        )
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D) and layer.name != models.LOGITS]
    assert len(convolutions) == 20 + 2 + 5 + 10
    assert [layer.name for layer in convolutions if layer.use_bias] == []
    assert all(network.get_layer(f"{layer.name}_bn").input is layer.output for layer in convolutions)


def test_ends_in_the_layers_that_others_look_up():
    network = build()
    assert network.get_layer(models.BOTTLENECK).output.shape == (None, 1, 2, 32)
    assert network.get_layer(models.FEATURES).output.shape == (None, 32, 64, 4)
    assert network.get_layer(models.LOGITS).input is network.get_layer(models.FEATURES).output
    assert (network.output.shape, network.output.dtype) == ((None, 32, 64, 3), "float32")


def test_takes_another_encoder():
    assert build(encoder="resnet50").get_layer("skip_5").kernel.shape == (1, 1, 128, 128)


def test_refuses_sides_that_five_halvings_do_not_divide():
    with pytest.raises(TfpartialError, match="unet_resnet18: expected slices whose sides are multiples of 32, got 48x64"):
        build((48, 64, 1))
