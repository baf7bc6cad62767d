"""What training a confidence network changes, what it leaves alone, and what it learns."""

from itertools import product

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfpartial.confidence.network import confidence_network, first_logits
from tfpartial.confidence.trainer import ConfidenceTrainer
from tfpartial.config import AugmentConfig
from tfpartial.labels import IGNORE
from tfpartial.models import FEATURES, build


def trainer(segmenter, card, mode, start="random", **options):
    keras.utils.set_random_seed(0)
    network = confidence_network(segmenter, 2, mode, [8], start)
    model = ConfidenceTrainer(network, segmenter, card, start=start, **options)
    model.compile(optimizer=keras.optimizers.Adam(2e-2), jit_compile=False)
    return model


def steps(model, batch, number):
    data = {name: tf.constant(batch[name]) for name in ("image", "label", "annotated")}
    step = tf.function(model.train_step)
    for _ in range(number):
        model.reset_metrics()
        loss = float(step(data)["loss"])
    return loss


def of_features(network):
    """Weights of the layers up to the features, running statistics too."""
    shared = keras.Model(network.input, network.get_layer(FEATURES).output)
    return [variable.numpy() for variable in shared.variables]


def same(first, second):
    return [np.array_equal(one, other) for one, other in zip(first, second, strict=True)]


@pytest.mark.parametrize("mode", ["finetune", "transfer"])
def test_the_segmenter_stays_as_it_is_bit_for_bit(card, batch, mode, tmp_path):
    segmenter = build("unet", 2, (16, 16, 1), width=2)
    segmenter.save(tmp_path / "last.keras")
    file = (tmp_path / "last.keras").read_bytes()
    image = batch["image"] / np.float32(100)
    logits, weights, trainable = segmenter(image), segmenter.get_weights(), len(segmenter.trainable_variables)
    model = trainer(segmenter, card, mode, augment=AugmentConfig())
    before = of_features(model.network)
    steps(model, batch, 3)
    np.testing.assert_array_equal(segmenter(image), logits)
    assert all(same(segmenter.get_weights(), weights))
    assert len(segmenter.trainable_variables) == trainable
    assert (tmp_path / "last.keras").read_bytes() == file
    unchanged = same(of_features(model.network), before)
    assert all(unchanged) if mode == "transfer" else not any(unchanged)


def test_the_target_is_the_true_class_probability_of_the_rule(card, rule_segmenter, batch):
    model = trainer(rule_segmenter, card, "transfer")
    label = batch["label"].copy()
    label[0, 0, 0] = IGNORE
    true_class, weight, first = model.targets({**batch, "image": batch["image"] / np.float32(100), "label": label})
    probability = 1 / (1 + np.exp(1 - np.array([0, 1.5, 3.0])))
    expected = np.array([1 - probability[0], probability[1], 1 - probability[2]])[batch["kind"]]
    known = np.asarray(weight)[..., 0] > 0
    assert known.sum() == known.size - 1 and not known[0, 0, 0]
    np.testing.assert_allclose(np.asarray(true_class)[..., 0][known], expected[known], rtol=1e-5)
    assert not np.any(first)


@pytest.mark.parametrize(
    ("mode", "start", "balance", "loss"),
    [
        *product(["finetune"], ["random", "mcp"], ["none", "predicted"], ["tcp"]),
        *product(["transfer"], ["random"], ["none", "predicted"], ["tcp"]),
        ("finetune", "random", "none", "correct"),
        ("finetune", "mcp", "predicted", "correct"),
    ],
)
def test_learns_to_doubt_what_the_segmenter_is_wrongly_sure_of(card, rule_segmenter, batch, mode, start, balance, loss):
    model = trainer(rule_segmenter, card, mode, start, balance=balance, loss=loss)
    first = steps(model, batch, 1)
    assert steps(model, batch, 150) < 0.2 * first
    added_to = first_logits(rule_segmenter(batch["image"] / np.float32(100)), start)
    confidence = np.asarray(keras.ops.sigmoid(model(batch["image"]) + added_to))[..., 0]
    right, wrong = confidence[batch["kind"] == 1], confidence[batch["kind"] == 2]
    assert wrong.max() < right.min(), "the segmenter itself is surer where it is wrong"


def test_the_target_of_the_classification_is_whether_the_rule_is_right(card, rule_segmenter, batch):
    model = trainer(rule_segmenter, card, "transfer", loss="correct")
    right, weight, _ = model.targets({**batch, "image": batch["image"] / np.float32(100)})
    assert np.asarray(weight).all()
    np.testing.assert_array_equal(np.asarray(right)[..., 0], batch["kind"] < 2)
    np.testing.assert_array_equal(np.asarray(right)[..., 1], 1)


def test_the_balance_counts_the_voxels_that_the_segmenter_predicts(card, rule_segmenter, batch):
    model = trainer(rule_segmenter, card, "transfer", balance="predicted")
    _, weight, _ = model.targets({**batch, "image": batch["image"] / np.float32(100)})
    weight, predicted = np.asarray(weight), np.zeros(weight.shape, bool)
    predicted[..., 0] = batch["kind"] > 0
    assert weight[predicted].sum() == pytest.approx(weight[~predicted].sum(), rel=1e-4)
