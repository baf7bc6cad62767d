"""The network between HU and labels."""

import dataclasses
import json

import numpy as np
import pytest

from tfpartial.artifacts import read_json
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


def test_a_network_that_overflows_is_refused(threshold_segmenter):
    """All its weights are finite; NaN and infinity would silently become background and labels."""
    network = load_network(threshold_segmenter, "last")
    network.layers[1].set_weights([np.full((1, 1, 1, 2), 3e38), np.zeros(2)])
    predictor = Predictor(network, read_card(threshold_segmenter), batch=2)
    for predict in (predictor.labels, predictor.labels_and_probabilities):
        with pytest.raises(TfpartialError, match="network: expected finite logits, got NaN or infinity"):
            predict(np.full((3, 32, 48, 1), 900, np.int16))
    assert predictor.labels(np.zeros((3, 32, 48, 1), np.int16)).shape == (3, 32, 48)


@pytest.mark.parametrize(("entry", "value"), [("sd", 0.0), ("sd", float("inf")), ("mean", float("nan"))])
def test_a_card_that_makes_no_numbers_of_hu_is_refused(threshold_segmenter, entry, value):
    path = threshold_segmenter / "segmenter.json"
    path.write_text(json.dumps(read_json(path, "card") | {entry: value}))
    with pytest.raises(TfpartialError, match=rf"segmenter\.json: expected a finite mean and .* above 0, got .*{entry} {value}"):
        read_card(threshold_segmenter)


def test_a_flipped_bit_of_the_weights_is_refused(threshold_segmenter):
    """Keras itself reads past the checksums of the zip."""
    path = threshold_segmenter / "last.keras"
    content = bytearray(path.read_bytes())
    place = bytes(content).index(np.array([1.0, -1.0], np.float32).tobytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(TfpartialError, match=r"last\.keras: expected a network that Keras can load, got a damaged file"):
        load_network(threshold_segmenter, "last")


def test_a_card_of_another_network_is_refused(threshold_segmenter):
    card = dataclasses.replace(read_card(threshold_segmenter), size=(64, 64))
    with pytest.raises(TfpartialError, match=r"expected input \(64, 64, 1\) as its card says, got \(32, 48, 1\)"):
        Predictor(load_network(threshold_segmenter, "last"), card)
