"""Right or wrong, and its loss, by hand."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.confidence.correctness import CorrectnessLoss, is_correct
from tfpartial.segmenter.decode import decode

LN2, LN3 = np.log(2.0), np.log(3.0)


def test_right_is_one_half_or_more_where_the_organ_is_and_less_elsewhere():
    probability = np.array([0.5, 0.49, 0.5, 0.49], "float32")
    assert np.asarray(is_correct(probability, np.array([1.0, 1.0, 0.0, 0.0]))).tolist() == [1, 0, 0, 1]


@given(st.lists(st.floats(-4, 4, width=32), min_size=3, max_size=3), st.integers(0, 3))
def test_where_an_organ_is_predicted_it_says_whether_the_argmax_is_right(logits, truth):
    logits = np.array(logits, "float32")[np.newaxis]
    organ = int(np.asarray(decode(logits, "sigmoid"))[0])
    right = np.asarray(is_correct(keras.ops.sigmoid(logits), (truth == np.arange(1, 4))[np.newaxis].astype("float32")))[0]
    if organ:
        assert bool(right[organ - 1]) == (organ == truth)


def test_the_loss_is_the_mean_cross_entropy_over_certain_voxels():
    right, logits = np.array([[1.0], [0.0]], "float32"), np.array([[0.0], [LN3]], "float32")
    loss = CorrectnessLoss()
    assert float(loss(right, logits)) == pytest.approx(1.5 * LN2)
    assert float(loss(right, logits, sample_weight=[[1.0], [0.0]])) == pytest.approx(LN2)
    assert float(loss(right, logits, sample_weight=[[0.0], [0.0]])) == 0.0


def test_is_finite_for_every_logit():
    assert float(CorrectnessLoss()(np.array([[0.0]]), np.array([[1e4]]))) == pytest.approx(1e4)


def test_is_read_back_from_its_configuration():
    loss = CorrectnessLoss(name="confidence")
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert isinstance(again, CorrectnessLoss) and again.get_config() == loss.get_config()
