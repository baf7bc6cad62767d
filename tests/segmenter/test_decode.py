"""Decoding by hand."""

import numpy as np
import pytest

from tfpartial.segmenter.decode import decode, probabilities

HALF = 0.0  # the logit of 0.5


@pytest.mark.parametrize(
    ("logits", "label"),
    [
        ([-1.0, -0.1, -3.0], 0),  # none reaches 0.5
        ([-1.0, HALF, -3.0], 2),  # exactly 0.5 does
        ([2.0, 1.0, 3.0], 3),  # several reach it: the highest
        ([2.0, 2.0, 1.0], 1),  # equal: the lowest id
        ([40.0, 50.0, 45.0], 2),  # all probabilities are 1 in float32, the logits still differ
    ],
)
def test_sigmoids_take_the_most_probable_organ_that_reaches_one_half(logits, label):
    assert int(decode(np.array([logits], "float32"), "sigmoid")[0]) == label


@pytest.mark.parametrize(
    ("logits", "label"),
    [
        ([0.0, -0.1, -0.2], 0),
        ([-9.0, -8.0, -7.0], 2),  # far below 0, and still the most probable class
        ([1.0, 1.0, 0.0], 0),  # equal: background comes first
    ],
)
def test_softmax_takes_the_most_probable_class_with_background_first(logits, label):
    assert int(decode(np.array([logits], "float32"), "softmax")[0]) == label


def test_labels_are_uint8_and_probabilities_float32_also_from_bfloat16():
    import tensorflow as tf

    logits = tf.zeros([2, 4, 5, 3], tf.bfloat16)
    assert decode(logits, "sigmoid").dtype == tf.uint8
    assert decode(logits, "sigmoid").shape == (2, 4, 5)
    assert probabilities(logits, "sigmoid").dtype == tf.float32


def test_probabilities_by_hand():
    logits = np.log(np.array([[1.0, 2.0, 5.0]], "float32"))
    assert np.allclose(probabilities(logits, "sigmoid"), [[1 / 2, 2 / 3, 5 / 6]])
    assert np.allclose(probabilities(logits, "softmax"), [[2 / 8, 5 / 8]])
