"""What comes out of a network, and what it does not take."""

import keras
import numpy as np
import pytest

from tfpartial import models
from tfpartial.errors import TfpartialError


def test_every_network_has_a_line(table):
    assert set(table) == set(models.NETWORKS)


def test_logits_are_float32_on_the_grid_of_the_slice(subject):
    logits = subject.network(subject.slices)
    assert logits.shape == (2, *subject.row.sides, 3)
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
    assert np.isfinite(logits).all() and np.ptp(logits) > 0
    assert subject.network.get_layer(models.LOGITS).output is subject.network.outputs[0]


def test_features_are_on_the_grid_of_the_slice(subject):
    assert subject.network.get_layer(models.FEATURES).output.shape[:-1] == (None, *subject.row.sides)


@pytest.mark.parametrize(("num_logits", "channels"), [(1, 1), (5, 4)])
def test_any_number_of_organs_and_channels(subject, num_logits, channels):
    network = subject.build(num_logits, (*subject.row.sides, channels))
    assert (network.input_shape, network.output_shape) == (
        (None, *subject.row.sides, channels),
        (None, *subject.row.sides, num_logits),
    )


@pytest.mark.parametrize("axis", [0, 1])
def test_sides_that_do_not_divide_are_refused(subject, axis):
    multiple, sides = subject.row.multiple, list(subject.row.sides)
    if multiple == 1:
        pytest.skip("takes all sides")
    sides[axis] += multiple // 2
    with pytest.raises(TfpartialError, match=rf"multiples of {multiple}\b.*got {sides[0]}x{sides[1]}"):
        subject.build(shape=(*sides, 1))


def test_a_slice_does_not_depend_on_the_others_of_its_batch(subject):
    together = np.array(subject.network(subject.slices))
    atol = 1e-5 * np.abs(together).max()  # logits of 10 are rounded to 1e-6
    np.testing.assert_allclose(subject.network(subject.slices[1:]), together[1:], rtol=1e-4, atol=atol)
