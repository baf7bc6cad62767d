"""The True Class Probability and its loss, by hand."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.confidence.true_class import TrueClassLoss, balance_predicted, true_class_probability
from tfpartial.labels import IGNORE
from tfpartial.losses import targets_and_weights

LN3 = np.log(3.0)


def test_is_the_probability_of_what_is_true():
    probability = np.array([0.9, 0.2, 0.9, 0.2], "float32")
    np.testing.assert_allclose(
        true_class_probability(probability, np.array([1.0, 1.0, 0.0, 0.0])), [0.9, 0.2, 0.1, 0.8], rtol=1e-6
    )


def test_the_loss_is_the_mean_square_over_certain_voxels():
    true_class = np.array([[1.0], [0.25]], "float32")
    logits = np.array([[0.0], [LN3]], "float32")
    loss = TrueClassLoss()
    assert float(loss(true_class, logits)) == pytest.approx(0.25)
    assert float(loss(true_class, logits, sample_weight=[[1.0], [0.0]])) == pytest.approx(0.25)
    assert float(loss(true_class, np.array([[LN3], [0.0]]), sample_weight=[[1.0], [0.0]])) == pytest.approx(1 / 16)


def test_ignored_and_unknown_voxels_teach_nothing():
    label = np.array([[[0, 1, 2, IGNORE]]], np.uint8)
    _, weight = targets_and_weights(label, np.array([[True, False]]), 2)
    # Organ 1 is certain at three voxels, organ 2 only where an organ is: five squares of (1/2 - 1)^2, and 0 where it is wrong.
    true_class = np.where(np.asarray(weight) > 0, 1.0, 77.0)
    assert float(TrueClassLoss()(true_class, np.zeros((1, 1, 4, 2)), sample_weight=weight)) == pytest.approx(0.25)


def test_without_a_certain_voxel_the_loss_is_zero():
    assert float(TrueClassLoss()(np.ones((2, 1)), np.zeros((2, 1)), sample_weight=np.zeros((2, 1)))) == 0.0


def test_is_read_back_from_its_configuration():
    loss = TrueClassLoss(name="confidence")
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert isinstance(again, TrueClassLoss) and again.get_config() == loss.get_config()


def test_predicted_voxels_weigh_as_much_as_all_others():
    weight = np.array([1, 1, 1, 1, 0, 0], "float32")
    predicted = np.array([True, False, False, False, True, False])
    np.testing.assert_allclose(balance_predicted(weight, predicted), [2, 2 / 3, 2 / 3, 2 / 3, 0, 0], rtol=1e-6)


@pytest.mark.parametrize("predicted", [[True, True], [False, False]])
def test_a_batch_of_one_kind_keeps_its_weights(predicted):
    np.testing.assert_array_equal(balance_predicted(np.array([1.0, 0.0], "float32"), np.array(predicted)), [1.0, 0.0])


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_the_balance_keeps_the_total_weight(voxels):
    weight, predicted = (np.array(part) for part in zip(*voxels, strict=True))
    balanced = np.asarray(balance_predicted(weight.astype("float32"), predicted))
    assert balanced.sum() == pytest.approx(weight.sum(), rel=1e-5)
    assert not balanced[~weight].any()
    if weight[predicted].any() and weight[~predicted].any():
        assert balanced[predicted].sum() == pytest.approx(weight.sum() / 2, rel=1e-5)
