"""DSC on validation volumes: annotated organs only, ignored voxels nowhere."""

import numpy as np
import pytest
import tensorflow as tf

from tfpartial.labels import IGNORE
from tfpartial.training.validation import Validator, mean_per_organ, organ_scores, overlap_counts


class Oracle:
    """A segmenter whose logits say the HU: voxel value k means organ k, 0 background."""

    def __call__(self, hu, places=None, training=False):
        organ = tf.cast(hu[..., 0], tf.int32)
        return tf.one_hot(organ - 1, 2) * 2.0 - 1.0


def batch(prediction, label, case):
    return {
        "image": np.asarray(prediction, np.int16)[..., None],
        "label": np.asarray(label, np.uint8),
        "case": np.asarray(case, np.int32),
    }


def validator(batches, annotated):
    signature = {
        "image": tf.TensorSpec([None, 1, 4, 1], tf.int16),
        "label": tf.TensorSpec([None, 1, 4], tf.uint8),
        "case": tf.TensorSpec([None], tf.int32),
    }
    slices = tf.data.Dataset.from_generator(lambda: iter(batches), output_signature=signature)
    return Validator(Oracle(), "certain", slices, np.array(annotated))


def test_counts_both_reference_and_prediction_per_slice_and_organ():
    label = np.array([[[1, 1, 2, IGNORE]]], np.uint8)
    prediction = np.array([[[1, 2, 2, 2]]], np.uint8)
    assert np.asarray(overlap_counts(label, prediction, 2)).tolist() == [[[1, 2, 1], [1, 1, 2]]]


def test_adds_up_the_slices_of_a_case_before_dividing():
    # Case 0, organ 1: 1 voxel in both, 3 in the reference, 2 predicted -> 2 * 1 / 5; a mean of slice scores would differ.
    batches = [
        batch([[[1, 1, 0, 0]]], [[[1, 0, 0, 0]]], [0]),
        batch([[[0, 0, 0, 0]]], [[[1, 1, 0, 0]]], [0]),
    ]
    assert validator(batches, [[True, True]]).dsc()[0, 0] == pytest.approx(0.4)


def test_an_organ_has_no_score_where_it_is_not_annotated_or_nowhere():
    batches = [batch([[[2, 0, 0, 0]], [[0, 0, 0, 0]]], [[[0, 0, 0, 0]], [[1, 0, 0, 0]]], [0, 1])]
    dsc = validator(batches, [[True, False], [True, True]]).dsc()
    assert np.isnan(dsc[0]).all(), "organ 1 is absent and not predicted; organ 2 was predicted, but nobody looked for it"
    assert dsc[1, 0] == 0 and np.isnan(dsc[1, 1])


def test_means_are_over_the_cases_and_organs_that_have_a_score():
    per_organ = mean_per_organ(np.array([[0.5, np.nan, np.nan], [0.7, 0.2, np.nan]]))
    np.testing.assert_allclose(per_organ, [0.6, 0.2, np.nan])
    scores = organ_scores(("a", "b", "c"), per_organ)
    assert scores["val_dsc"] == pytest.approx(0.4)
    assert np.isnan(scores["val_dsc_c"])
    assert np.isnan(organ_scores(("a",), np.array([np.nan]))["val_dsc"])


class Moving:
    """Finds the organs one mm higher at each validation."""

    def __init__(self):
        self.found = 0

    def centres_mm(self):
        self.found += 1
        return np.full((1, 2, 3), self.found, np.float32)


class PlacedOracle:
    """A segmenter that sees organ 1 everywhere in a slice that lies one mm below it, and nothing elsewhere."""

    def __call__(self, hu, places=None, training=False):
        height = places.centre_mm[:, :1, 0]  # (B, 1)
        return tf.stack([tf.where(height == 1, 1.0, -1.0) * tf.ones((4,)), -tf.ones((tf.shape(height)[0], 4))], axis=-1)[:, None]


def test_validates_under_the_places_that_are_found_each_time():
    """Of slices at 0 and 1 mm the organ, in both, is seen in the lower one first, then in the upper one."""
    placed = batch([[[0, 0, 0, 0]]] * 2, [[[1, 1, 1, 1]], [[1, 0, 0, 0]]], [0, 0])
    placed |= {"z": np.int32([0, 1]), "spacing_mm": np.ones((2, 3), np.float32)}
    slices = tf.data.Dataset.from_tensors(placed)
    validating = Validator(PlacedOracle(), "sigmoid", slices, np.array([[True, True]]), Moving())
    assert validating.dsc()[0, 0] == pytest.approx(2 * 4 / (5 + 4))
    assert validating.dsc()[0, 0] == pytest.approx(2 * 1 / (5 + 4))
    assert (validating.centres_mm == 2).all()
