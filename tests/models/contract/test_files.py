"""A network comes back from its file, and from the SavedModel that is served."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfpartial.export import save_model
from tfpartial.labels import OrganTable
from tfpartial.segmenter.card import NetworkSpec, SegmenterCard
from tfpartial.segmenter.network import network_logits


@pytest.fixture(scope="module")
def again(subject, tmp_path_factory):
    """The network as its file has it."""
    path = tmp_path_factory.mktemp("network") / "last.keras"
    subject.network.save(path)
    return keras.saving.load_model(path, safe_mode=True, compile=False)


def test_a_keras_file_gives_the_same_logits_in_safe_mode(subject, again):
    np.testing.assert_array_equal(again(subject.slices), subject.network(subject.slices))
    assert [layer.name for layer in again.layers] == [layer.name for layer in subject.network.layers]


@pytest.mark.slow
def test_a_saved_model_gives_the_same_probabilities(subject, again, tmp_path):
    card = SegmenterCard(
        organs=OrganTable(("liver", "spleen", "left kidney")),
        channel_names=("CT", "PET"),
        method="certain",
        activation="sigmoid",
        size=subject.row.sides,
        spacing_mm=None,
        window_hu=(-1000.0, 1000.0),
        mean=0.0,
        sd=500.0,
        network=NetworkSpec(subject.name, 3, subject.shape, subject.row.options),
    )
    save_model(again, card, tmp_path)
    hu = np.random.default_rng(0).integers(-1000, 1000, (2, *subject.shape), dtype=np.int16)
    served = tf.saved_model.load(str(tmp_path)).signatures["serving_default"](hu=tf.constant(hu))["probabilities"]
    logits = network_logits(subject.network, card, hu)
    expected = tf.sigmoid(logits)  # its slope is 1/4 at most, and rounding is measured against the largest logit
    np.testing.assert_allclose(served, expected, atol=1e-5 * np.abs(logits).max() / 4)
    assert np.ptp(expected) > 1e-3
