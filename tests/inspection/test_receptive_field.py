"""Theoretical and effective fields, by hand."""

import math

import keras
import numpy as np
import pytest
from keras import layers

from tfpartial import models
from tfpartial.errors import TfpartialError
from tfpartial.inspection.effective_field import central_value, effective_field, effective_side
from tfpartial.inspection.graph import step_named, steps_of
from tfpartial.inspection.receptive_field import sides_of, theoretical_field
from tfpartial.inspection.spans import ALL


def field_of(network, name):
    steps = steps_of(network)
    slices = next(value for step in steps for value in step.inputs if value.tensor is network.inputs[0])
    return theoretical_field(steps, step_named(network, steps, name), slices)


@pytest.mark.parametrize(("layer", "rows"), [("first", (7, 9)), (models.BOTTLENECK, (3, 14)), (models.LOGITS, (3, 14))])
def test_the_theoretical_field_by_hand(small, layer, rows):
    """3; then 3 + 1 by the pooling, whose units lie 2 apart; then 2 holes to each side: 4 + 2 * 2 * 2."""
    assert field_of(small, layer) == (rows, rows)


@pytest.mark.parametrize(
    ("name", "options", "at_the_end"),
    [("unet", {}, (204, 204)), ("attention_unet", {}, (220, 220)), ("u_transformer", {"heads": 1}, (64, 32))],
)
def test_the_encoder_of_the_unet_sees_140x140(name, options, at_the_end):
    """Thesis, section 5.1; the slice may be smaller.

    The middle logit reads five units of the lowest level, 16 voxels apart: 140 + 4 * 16. The gates, upsampled linearly, read one
    more. Attention reads the whole slice.
    """
    network = models.build(name, 1, (64, 32, 1), width=2, **options)
    assert sides_of(field_of(network, models.BOTTLENECK), (64, 32)) == (140, 140)
    field = field_of(network, models.LOGITS)
    assert (ALL in field) == (name == "u_transformer")
    assert sides_of(field, (64, 32)) == at_the_end


def test_no_gradient_comes_from_outside_the_theoretical_field():
    keras.utils.set_random_seed(0)
    network = models.build("attention_unet", 1, (176, 176, 1), width=1)
    slices = np.random.default_rng(0).normal(size=(3, 176, 176, 1)).astype("float32")
    steps = steps_of(network)
    gradient = effective_field(network, step_named(network, steps, models.BOTTLENECK), [slices])
    rows, columns = field_of(network, models.BOTTLENECK)
    inside = gradient[rows.first : rows.last + 1, columns.first : columns.last + 1]
    assert (rows.first, rows.last) == (18, 157)
    assert np.count_nonzero(inside) == np.count_nonzero(gradient) > 1000


def test_the_effective_field_by_hand(blurred):
    """One kernel gives the centre 1, its sides 0.1 and corners 0.01, of which more than 0.0455 of the centre are 5."""
    slices = np.random.default_rng(0).normal(size=(2, 9, 9, 1)).astype("float32")
    steps = steps_of(blurred)
    target = step_named(blurred, steps, "once")
    gradient = effective_field(blurred, target, [slices])
    np.testing.assert_allclose(gradient[3:6, 3:6], np.outer([0.1, 1, 0.1], [0.1, 1, 0.1]), rtol=1e-6)
    assert np.count_nonzero(gradient) == 9
    assert central_value(gradient, target, field_of(blurred, "once")) == pytest.approx(1.0)
    assert effective_side(gradient, 1.0) == pytest.approx(math.sqrt(5))


def test_the_effective_field_of_two_convolutions_is_that_of_their_product(blurred):
    """(0.01, 0.2, 1.02, 0.2, 0.01) along each axis: of products more than 0.0455 of 1.02 squared are 5, not the corners."""
    target = step_named(blurred, steps_of(blurred), "twice")
    gradient = effective_field(blurred, target, [np.zeros((1, 9, 9, 1), "float32")])
    line = np.array([0.01, 0.2, 1.02, 0.2, 0.01])
    np.testing.assert_allclose(gradient[2:7, 2:7], np.outer(line, line), rtol=1e-5)
    assert effective_side(gradient, 1.02**2) == pytest.approx(math.sqrt(5))


def test_the_centre_of_a_field_between_voxels_is_the_mean_of_the_nearest(small):
    """Rows 3 to 14: the middle, 8.5, lies between 8 and 9."""
    steps = steps_of(small)
    gradient = np.arange(256.0).reshape(16, 16)
    target = step_named(small, steps, models.BOTTLENECK)
    assert central_value(gradient, target, field_of(small, models.BOTTLENECK)) == gradient[8:10, 8:10].mean()
    assert central_value(gradient, step_named(small, steps, models.LOGITS), field_of(small, models.LOGITS)) == gradient[8, 8]


def test_no_gradient_at_the_centre_leaves_the_effective_field_undefined():
    assert effective_side(np.ones((3, 3)), 0.0) is None


def test_a_layer_that_nothing_is_known_of_leaves_the_field_undefined():
    class Mystery(layers.Layer):
        def call(self, x):
            return x[:, ::-1]

    inputs = keras.Input((8, 8, 1))
    network = keras.Model(inputs, layers.ReLU(name="after")(Mystery()(layers.ReLU(name="before")(inputs))))
    assert field_of(network, "after") is None
    assert field_of(network, "before") == ((4, 4), (4, 4))


def test_a_layer_that_is_not_there_is_named(small):
    with pytest.raises(TfpartialError, match=r"network 'small': expected a layer of its own with features .*, got 'neck'"):
        field_of(small, "neck")


def test_networks_that_cannot_be_followed_are_refused():
    inputs = keras.Input((None, 8, 1))
    with pytest.raises(TfpartialError, match=r"expected inputs of a fixed size, got \(None, None, 8, 1\)"):
        steps_of(keras.Model(inputs, layers.ReLU()(inputs)))

    class Own(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(TfpartialError, match="expected a functional Keras model, got Own"):
        steps_of(Own())
