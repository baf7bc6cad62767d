"""What training a confidence network changes, what it leaves alone, and what it learns."""

from itertools import product

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfpartial.confidence.first_biases import set_first_biases
from tfpartial.confidence.network import confidence_network, first_logits
from tfpartial.confidence.out_of_fold import Member, OutOfFoldSegmenters
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
    data = {name: tf.constant(batch[name]) for name in ("image", "label", "annotated", "case") if name in batch}
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


def level(threshold):
    """Organ 1 from this logit on; organ 2 nowhere."""
    inputs = keras.Input((16, 16, 1))
    layer = keras.layers.Conv2D(2, 1, dtype="float32")
    network = keras.Model(inputs, layer(inputs))
    layer.set_weights([np.array([[[[1.0, 0.0]]]]), np.array([-threshold, -3.0])])
    return network


def test_what_is_learned_of_a_case_is_from_a_segmenter_that_has_not_seen_it(card, rule_segmenter, batch):
    # The second was trained with another mean and sd: it sees the same HU as other numbers.
    members = [Member(level(0.5), card.mean, card.sd), Member(level(2.0), 50.0, 200.0)]
    out_of_fold = OutOfFoldSegmenters(members, np.array([1, 0, 1]), card.mean, card.sd)
    model = trainer(rule_segmenter, card, "transfer", "mcp", out_of_fold=out_of_fold)
    case = np.array([0, 1, 2, 1], np.int32)
    true_class, _, first = model.targets({**batch, "image": batch["image"] / np.float32(100), "case": case})
    hu = batch["image"][..., 0].astype(np.float32)
    own = np.isin(case, [1])[:, None, None]
    logit = np.where(own, hu / 100 - 0.5, (hu - 50) / 200 - 2)
    probability = 1 / (1 + np.exp(-logit))
    expected = np.where(batch["label"] == 1, probability, 1 - probability)
    np.testing.assert_allclose(np.asarray(true_class)[..., 0], expected, rtol=1e-5)
    np.testing.assert_allclose(np.asarray(first)[..., 0], np.abs(logit), rtol=1e-4)


def test_trains_on_targets_out_of_fold_and_leaves_their_segmenters_alone(card, rule_segmenter, batch):
    members = [Member(level(threshold), card.mean, card.sd) for threshold in (0.5, 2.0)]
    before = [member.network.get_weights() for member in members]
    out_of_fold = OutOfFoldSegmenters(members, np.array([1, 0]), card.mean, card.sd)
    model = trainer(rule_segmenter, card, "transfer", out_of_fold=out_of_fold)
    assert steps(model, {**batch, "case": np.array([0, 1, 0, 1], np.int32)}, 3) > 0
    for member, weights in zip(members, before, strict=True):
        assert all(same(member.network.get_weights(), weights))


def test_starts_each_organ_at_its_mean_target(card, rule_segmenter, batch):
    """A head without features answers the mean of what it is to learn, organ by organ."""
    model = trainer(rule_segmenter, card, "transfer")
    data = {name: tf.constant(batch[name]) for name in ("image", "label", "annotated")}
    set_first_biases(model, [data, data])
    wanted, weight, _ = (np.asarray(part) for part in model.targets(model.prepared(data)))
    expected = (wanted * weight).sum(axis=(0, 1, 2)) / weight.sum(axis=(0, 1, 2))
    head = model.network.get_layer("confidence_logits")
    assert expected.min() > 0 and expected.max() < 1 and np.ptp(expected) > 1e-3
    np.testing.assert_allclose(1 / (1 + np.exp(-head.bias.numpy())), expected, rtol=1e-4)
