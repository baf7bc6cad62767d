"""Output biases at each organ's frequency."""

import keras
import numpy as np
import pytest

from tfpartial import models
from tfpartial.config import NetworkConfig, TrainConfig
from tfpartial.data.fold.training_cases import read_training_cases
from tfpartial.training import fit as module
from tfpartial.training.first_biases import LEAST, first_biases, organ_frequencies, set_first_biases


def test_a_network_of_nothing_gives_each_organ_its_frequency():
    frequencies = np.array([0.5, 0.01, 1e-4])
    probability = 1 / (1 + np.exp(-first_biases(frequencies, "sigmoid").astype(float)))
    np.testing.assert_allclose(probability, frequencies, rtol=1e-4)
    frequencies = np.array([0.2, 0.01])
    odds = np.exp(first_biases(frequencies, "softmax").astype(float))
    np.testing.assert_allclose(odds / odds.sum(), [0.79, 0.2, 0.01], rtol=1e-4)


def test_frequencies_are_counted_where_somebody_looked(tiny_run):
    cases = read_training_cases(tiny_run.store, tiny_run.splits, 0, tiny_run.annotations)
    known, everywhere = organ_frequencies(cases), organ_frequencies(cases, everywhere=True)
    store = cases.store
    for number, organ in enumerate(store.organs.names):
        looked = [case for case in cases.train if organ in cases.annotated[case]]
        labels = np.concatenate([store.label(case)[:].ravel() for case in looked])
        assert known[number] == pytest.approx(max(LEAST, np.mean(labels == number + 1)), rel=1e-6)
        share = len(labels) / sum(store.label(case)[:].size for case in cases.train)
        assert everywhere[number] == pytest.approx(max(LEAST, known[number] * share), rel=1e-6)
    assert (known > everywhere).any()


def test_the_layer_of_the_logits_has_them():
    network = models.build("unet", 2, (16, 16, 1), width=2)
    set_first_biases(network, np.array([-3.0, -7.0], np.float32))
    np.testing.assert_array_equal(network.get_layer(models.LOGITS).bias, [-3, -7])
    with_prior = models.build_with_prior("unet", 2, (16, 16, 1), 2, width=2)
    set_first_biases(with_prior, np.array([-3.0, -7.0], np.float32))
    np.testing.assert_array_equal(with_prior.get_layer(models.LOGITS).bias, [-3, -7])
    inputs = keras.Input((4, 4, 1))
    without = keras.Model(inputs, keras.layers.Conv2D(2, 1, use_bias=False, name=models.LOGITS)(inputs))
    set_first_biases(without, np.zeros(2, np.float32))


class Stopped(Exception):
    """Raised where the training would begin."""


@pytest.mark.parametrize("first", ["frequency", "zero"])
def test_a_new_network_has_the_biases_that_are_asked_for(first, tiny_run, tmp_path, monkeypatch):
    cases = read_training_cases(tiny_run.store, tiny_run.splits, 0, tiny_run.annotations)
    given = {}

    def stop(trainer, **options):
        given.update(options)
        raise Stopped

    monkeypatch.setattr(module, "build_trainer", stop)
    network = NetworkConfig(options={"width": 2})
    paths = (tiny_run.store, tiny_run.splits, tmp_path)
    config = TrainConfig(*paths, annotations=tiny_run.annotations, network=network, first_biases=first, precision="float32")
    with pytest.raises(Stopped):
        module.fit(config, cases)
    expected = first_biases(organ_frequencies(cases), "sigmoid") if first == "frequency" else 0.0
    np.testing.assert_allclose(given["network"].get_layer(models.LOGITS).bias, expected)
