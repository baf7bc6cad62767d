"""Entropy and size of an organ that nobody labelled."""

import numpy as np
import pytest

from tfpartial.audit.doubt import Marked
from tfpartial.audit.missing import binary_entropy, measure_missing


def positives(*probability):
    values = np.array(probability, np.float32)
    return Marked(np.ones((1, 1, len(values)), bool), values)


def test_entropy_in_bits():
    np.testing.assert_allclose(binary_entropy(np.array([0, 0.11, 0.5, 1])), [0, 0.4999, 1, 0], atol=1e-4)


def test_an_organ_of_its_usual_size_has_its_mean_entropy():
    found = measure_missing("liver", positives(0.5, 1.0, 1.0, 1.0), 0.25, 1.0)
    assert (found.volume_ml, found.usual_ml, found.mean_probability) == (1.0, 1.0, 0.875)
    assert found.mean_entropy == found.uncertainty == pytest.approx(0.25)


def test_a_few_uncertain_voxels_of_a_large_organ_say_little():
    found = measure_missing("liver", positives(0.5, 0.5), 0.5, 1000.0)
    assert found.mean_entropy == pytest.approx(1)
    assert found.uncertainty == pytest.approx(1 / 1000)


def test_without_a_usual_size_it_is_the_mean_entropy():
    assert measure_missing("liver", positives(0.5, 1.0), 0.5, None).uncertainty == pytest.approx(0.5)


def test_nothing_predicted_is_undefined_and_not_zero():
    found = measure_missing("liver", Marked(np.zeros((1, 1, 2), bool), np.zeros(0, np.float32)), 0.5, 1.0)
    assert (found.volume_ml, found.mean_probability, found.mean_entropy, found.uncertainty) == (0.0, None, None, None)
