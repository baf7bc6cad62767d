"""The network between HU and labels."""

import dataclasses

import numpy as np
import pytest

from tfpartial.errors import TfpartialError
from tfpartial.inference.predictor import Predictor
from tfpartial.segmenter.card import read_card
from tfpartial.segmenter.network import load_network


def random_hu(slices, seed=0):
    return np.random.default_rng(seed).integers(-300, 300, (slices, 32, 48, 1), dtype=np.int16)


def rule(hu):
    return np.where(hu >= 100, 1, np.where(hu <= -100, 2, 0))[..., 0]


@pytest.mark.parametrize("slices", [1, 4, 7])
def test_any_number_of_slices_goes_through_batches_of_one_size(threshold_segmenter, slices):
    hu = random_hu(slices)
    labels = Predictor.load(threshold_segmenter, batch=4).labels(hu)
    assert labels.dtype == np.uint8
    assert np.array_equal(labels, rule(hu))


def test_probabilities_come_with_the_same_labels(threshold_segmenter):
    hu = random_hu(5)
    labels, probability = Predictor.load(threshold_segmenter, batch=2).labels_and_probabilities(hu)
    assert np.array_equal(labels, rule(hu))
    logit = hu[..., 0] / 100.0
    expected = 1 / (1 + np.exp(-np.stack([logit - 1, -logit - 1], axis=-1)))
    assert probability.dtype == np.float32
    assert np.allclose(probability, expected, atol=1e-6)


def test_a_folder_without_the_checkpoint_is_named(threshold_segmenter):
    with pytest.raises(TfpartialError, match=r"threshold: expected a stage folder of `train` with best.keras"):
        load_network(threshold_segmenter, "best")


def test_a_broken_checkpoint_is_named(threshold_segmenter):
    path = threshold_segmenter / "last.keras"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(TfpartialError, match=r"last.keras: expected a network that Keras can load, got"):
        load_network(threshold_segmenter, "last")


def test_a_card_of_another_network_is_refused(threshold_segmenter):
    card = dataclasses.replace(read_card(threshold_segmenter), size=(64, 64))
    with pytest.raises(TfpartialError, match=r"expected input \(64, 64, 1\) as its card says, got \(32, 48, 1\)"):
        Predictor(load_network(threshold_segmenter, "last"), card)
