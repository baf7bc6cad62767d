"""The estimators: bounded, the same each time, the same beside whatever slices."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfpartial.confidence.estimators import build_estimator
from tfpartial.confidence.network import LearnedConfidence, confidence_network
from tfpartial.confidence.tta import MovedSlices
from tfpartial.config import EstimatorConfig
from tfpartial.data.feed.augment import Affine
from tfpartial.errors import TfpartialError
from tfpartial.models import FEATURES, LOGITS, build

SETTINGS = EstimatorConfig(passes=3, translation=0.1)
NAMES = ("mcp", "learned", "mc_dropout", "tta")


@pytest.fixture(scope="module")
def segmenter():
    keras.utils.set_random_seed(1)
    return build("unet", 2, (16, 16, 1), width=4)


@pytest.fixture(scope="module")
def head(segmenter):
    return LearnedConfidence(confidence_network(segmenter, 2, "finetune", [3]), "random")


def images(number, seed=0):
    return np.random.default_rng(seed).normal(size=(number, 16, 16, 1)).astype("float32")


def test_a_network_that_starts_from_mcp_is_mcp_where_organs_are_predicted(segmenter, card):
    """max(p, 1 - p), and 1 - p is the confidence in "not this organ"."""
    untrained = LearnedConfidence(confidence_network(segmenter, 2, "finetune", [3], "mcp"), "mcp")
    logits, learned = compiled("learned", segmenter, card, untrained)(images(2))
    _, mcp = compiled("mcp", segmenter, card, None)(images(2))
    np.testing.assert_allclose(learned, np.where(logits >= 0, mcp, 1 - mcp), atol=1e-6)


def compiled(name, segmenter, card, head, settings=SETTINGS):
    return tf.function(build_estimator(name, segmenter, card, head, settings), autograph=False)


@pytest.mark.parametrize("name", NAMES)
def test_gives_the_segmenters_logits_and_a_confidence_in_0_to_1(name, segmenter, card, head):
    logits, confidence = compiled(name, segmenter, card, head)(images(2))
    np.testing.assert_allclose(logits, segmenter(images(2)), atol=1e-5)
    confidence = np.asarray(confidence)
    assert confidence.dtype == np.float32 and confidence.shape == (2, 16, 16, 2)
    assert 0 <= confidence.min() < confidence.max() <= 1


@pytest.mark.parametrize("name", NAMES)
def test_a_slice_has_one_confidence_whenever_and_beside_whatever_it_is_asked(name, segmenter, card, head):
    estimate = compiled(name, segmenter, card, head)
    slices = images(3)
    first = np.asarray(estimate(slices)[1])
    np.testing.assert_array_equal(first, estimate(slices)[1])
    turned = np.asarray(compiled(name, segmenter, card, head)(np.stack([slices[2], images(1, seed=9)[0], slices[0]]))[1])
    np.testing.assert_allclose(turned[[0, 2]], first[[2, 0]], atol=1e-6)


@pytest.mark.parametrize("name", ["mc_dropout", "tta"])
def test_another_seed_draws_other_passes(name, segmenter, card):
    one, other = (
        np.asarray(compiled(name, segmenter, card, None, dataclasses.replace(SETTINGS, seed=seed))(images(1))[1])
        for seed in (0, 1)
    )
    assert not np.allclose(one, other)


def test_mcp_is_the_probability(rule_segmenter, card):
    _, confidence = build_estimator("mcp", rule_segmenter, card, None, SETTINGS)(np.full((1, 16, 16, 1), 3.0, "float32"))
    np.testing.assert_allclose(confidence[0, 0, 0], 1 / (1 + np.exp([-2.0, 3.0])), rtol=1e-5)


def test_dropout_doubts_what_rests_on_features_that_can_drop(rule_segmenter, card):
    settings = EstimatorConfig(passes=8, dropout=0.5)
    _, confidence = compiled("mc_dropout", rule_segmenter, card, None, settings)(np.full((1, 16, 16, 1), 3.0, "float32"))
    # Organ 1 has its feature doubled (logit 5) or dropped (logit -1); organ 2 has none at all.
    draws = [np.random.default_rng((0, number)).random(4)[0] < 0.5 for number in range(8)]
    probability = 1 / (1 + np.exp(-np.where(draws, 5.0, -1.0)))
    assert 0 < np.sum(draws) < 8
    np.testing.assert_allclose(confidence[0, 0, 0], [1 - 2 * probability.std(), 1.0], rtol=1e-5)


def test_compiled_by_xla_the_same_features_drop(segmenter, card):
    estimate = build_estimator("mc_dropout", segmenter, card, None, SETTINGS)
    results = [tf.function(estimate, autograph=False, jit_compile=jit)(images(1))[1] for jit in (False, True)]
    np.testing.assert_allclose(*results, atol=1e-5)


def test_moving_does_not_make_a_uniform_slice_doubtful_and_what_left_the_slice_does_not_count(rule_segmenter, card):
    _, confidence = compiled("tta", rule_segmenter, card, None)(np.full((1, 16, 16, 1), 3.0, "float32"))
    inner = np.asarray(confidence)[0, 5:11, 5:11]
    np.testing.assert_allclose(inner, 1.0, atol=1e-5)


def test_a_pass_tells_nothing_of_what_it_moved_out_of_the_slice(rule_segmenter, card, monkeypatch):
    """Every pass moves two columns out, so that only the slice as it is has seen them: nothing is known of them."""
    moved = Affine(np.array([[0.0, 2 / 16]], "float32"), *(np.array([number], "float32") for number in (0, 1, 1)))
    monkeypatch.setattr(MovedSlices, "_motion", lambda self, number, batch: moved)
    _, confidence = build_estimator("tta", rule_segmenter, card, None, SETTINGS)(np.full((1, 16, 16, 1), 3.0, "float32"))
    np.testing.assert_allclose(confidence[:, :, :14], 1.0, atol=1e-5)
    np.testing.assert_array_equal(confidence[:, :, 14:], 0.0)


def test_moving_doubts_edges_more_than_insides(rule_segmenter, card):
    image = np.zeros((1, 16, 16, 1), "float32")
    image[:, 4:12, 4:12] = 3.0
    confidence = np.asarray(compiled("tta", rule_segmenter, card, None)(image)[1])[0, ..., 0]
    assert confidence[8, 8] > confidence[8, 4] and confidence[8, 8] > confidence[4, 8]


def test_refuses_learned_without_a_network_and_a_name_that_does_not_exist(rule_segmenter, card):
    with pytest.raises(TfpartialError, match="estimator 'learned': expected the stage folder of `confidence`, got none"):
        build_estimator("learned", rule_segmenter, card, None, SETTINGS)
    with pytest.raises(TfpartialError, match="estimator 'odds' does not exist; expected one of mcp, learned, mc_dropout, tta"):
        build_estimator("odds", rule_segmenter, card, None, SETTINGS)


def test_dropout_needs_logits_made_of_the_features_alone(card):
    inputs = keras.Input((16, 16, 1))
    features = keras.layers.ReLU()(keras.layers.Conv2D(2, 1, name=FEATURES)(inputs))
    network = keras.Model(inputs, keras.layers.Conv2D(2, 1, name=LOGITS)(features), name="odd")
    with pytest.raises(TfpartialError, match="segmenter 'odd': mc_dropout expects logits to be made of features alone"):
        build_estimator("mc_dropout", network, card, None, SETTINGS)
