"""The confidence network: its size, its dtypes, its file."""

import keras
import numpy as np
import pytest

from tfpartial.confidence.network import FILTERS, confidence_network
from tfpartial.errors import TfpartialError
from tfpartial.models import FEATURES, LOGITS, build
from tfpartial.segmenter.precision import dtype_policy


def size(variables):
    return sum(int(np.prod(variable.shape)) for variable in variables)


def test_the_published_head_has_0_8_million_parameters():
    inputs = keras.Input((8, 8, 1))
    features = keras.layers.Conv2D(64, 3, padding="same", name=FEATURES)(inputs)
    segmenter = keras.Model(inputs, keras.layers.Conv2D(7, 1, name=LOGITS)(features))
    network = confidence_network(segmenter, 7, "transfer")
    head = 64 * 9 * 400 + 400 + 400 * 9 * 120 + 120 + 120 * 9 * 64 + 64 + 64 * 9 * 64 + 64 + 64 * 7 + 7
    assert size(network.trainable_variables) == head == 769_487
    assert FILTERS == (400, 120, 64, 64)


def test_transfer_trains_the_head_only_and_finetune_the_features_as_well():
    segmenter = build("unet", 2, (16, 16, 1), width=2)
    head = [f"confidence_conv_1/{part}" for part in ("kernel", "bias")] + [
        f"confidence_{LOGITS}/{part}" for part in ("kernel", "bias")
    ]
    transfer = confidence_network(segmenter, 2, "transfer", [3])
    assert [variable.path for variable in transfer.trainable_variables] == head
    finetune = confidence_network(segmenter, 2, "finetune", [3])
    without_logits = size(segmenter.trainable_variables) - size(segmenter.get_layer(LOGITS).trainable_variables)
    assert size(finetune.trainable_variables) == size(transfer.trainable_variables) + without_logits
    assert all(variable.trainable for variable in segmenter.get_layer(FEATURES).variables)


def test_starts_from_the_features_of_the_segmenter():
    segmenter = build("unet", 2, (16, 16, 1), width=2)
    network = confidence_network(segmenter, 2, "finetune", [3])
    image = np.random.default_rng(0).normal(size=(1, 16, 16, 1)).astype("float32")
    features = [keras.Model(model.input, model.get_layer(FEATURES).output)(image) for model in (segmenter, network)]
    np.testing.assert_array_equal(*features)


def test_gives_float32_logits_under_mixed_precision_and_comes_back_from_its_file(tmp_path):
    with dtype_policy("mixed_bfloat16"):
        segmenter = build("unet", 2, (16, 16, 1), width=2)
        network = confidence_network(segmenter, 2, "transfer", [3, 2])
    image = np.random.default_rng(0).normal(size=(2, 16, 16, 1)).astype("float32")
    assert network.get_layer("confidence_conv_1").compute_dtype == "bfloat16"
    assert network(image).dtype == "float32"
    network.save(tmp_path / "confidence.keras")
    again = keras.saving.load_model(tmp_path / "confidence.keras", safe_mode=True)
    np.testing.assert_array_equal(again(image), network(image))


def test_names_the_layer_that_a_foreign_network_lacks():
    inputs = keras.Input((8, 8, 1))
    with pytest.raises(TfpartialError, match=r"segmenter 'foreign': expected a network with layers features; it has no features"):
        confidence_network(keras.Model(inputs, keras.layers.ReLU()(inputs), name="foreign"), 1, "finetune")
