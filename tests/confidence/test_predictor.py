"""Organ and confidence per voxel, from stage folders."""

import dataclasses
import json

import keras
import numpy as np
import pytest

from tfpartial.artifacts import read_json, sha256
from tfpartial.confidence import ConfidentPredictor
from tfpartial.confidence.card import NETWORK, PUBLISHED, ConfidenceCard, write_card
from tfpartial.confidence.card import read_card as read_confidence_card
from tfpartial.confidence.network import confidence_network
from tfpartial.config import EstimatorConfig
from tfpartial.errors import TfpartialError
from tfpartial.inference.predictor import Predictor
from tfpartial.labels import SURE_BACKGROUND
from tfpartial.segmenter.card import read_card
from tfpartial.segmenter.card import write_card as write_segmenter_card
from tfpartial.segmenter.network import load_network

SETTINGS = EstimatorConfig(passes=2)
NAMES = ("mcp", "learned", "mc_dropout", "tta")


def random_hu(slices, seed=0):
    return np.random.default_rng(seed).integers(-300, 300, (slices, 32, 48, 1), dtype=np.int16)


def load(model, estimator="mcp", confidence=None, batch=2):
    return ConfidentPredictor.load(model, "last", estimator, confidence, SETTINGS, batch)


@pytest.fixture(scope="module")
def confidence_folder(unet_segmenter, tmp_path_factory):
    """What `confidence` leaves for `unet_segmenter`, untrained."""
    folder = tmp_path_factory.mktemp("confidence")
    keras.utils.set_random_seed(0)
    confidence_network(load_network(unet_segmenter, "last"), 3, "finetune", [4]).save(folder / NETWORK)
    write_card(ConfidenceCard("finetune", (4,), "none", "random", sha256(unet_segmenter / "last.keras")), folder)
    return folder


@pytest.mark.parametrize("slices", [0, 1, 2, 5])
def test_any_number_of_slices_gives_the_segmenters_organs_and_their_probability(threshold_segmenter, slices):
    hu = random_hu(slices)
    organ, confidence = load(threshold_segmenter).predict(hu, np.array([True, True]))
    logit = np.abs(hu[..., 0]) / 100.0 - 1
    assert organ.dtype == np.uint8 and confidence.dtype == np.float32
    assert np.array_equal(organ, np.where(logit >= 0, np.where(hu[..., 0] > 0, 1, 2), 0))
    np.testing.assert_allclose(confidence, np.where(logit >= 0, 1 / (1 + np.exp(-logit)), 0), atol=1e-6)


def test_sure_background_is_where_no_wanted_organ_reaches_the_probability(threshold_segmenter):
    hu = random_hu(3)
    predictor = ConfidentPredictor.load(threshold_segmenter, "last", "mcp", None, SETTINGS, 2, background=0.3)
    for wanted in ([True, True], [True, False]):
        organ, confidence = predictor.predict(hu, np.array(wanted))
        logits = np.where(wanted, hu / np.array([100.0, -100.0]) - 1, -np.inf).max(axis=-1)
        sure = 1 / (1 + np.exp(-logits)) < 0.3
        np.testing.assert_array_equal(organ == SURE_BACKGROUND, sure)
        assert sure.any() and not confidence[sure].any() and (organ[~sure] <= 2).all()


def test_an_organ_that_is_not_wanted_leaves_its_voxels_to_the_others(unet_segmenter):
    hu = random_hu(2)
    predictor = load(unet_segmenter)
    _, probability = Predictor.load(unet_segmenter, batch=2).labels_and_probabilities(hu)
    for wanted in ([True, True, True], [True, False, True], [False, True, False]):
        organ, confidence = predictor.predict(hu, np.array(wanted))
        of_wanted = np.where(wanted, probability, -1.0)
        positive = of_wanted.max(axis=-1) >= 0.5
        np.testing.assert_allclose(confidence, np.where(positive, of_wanted.max(axis=-1), 0), atol=1e-5)
        assert np.array_equal(organ > 0, positive) and positive.any()
        assert not np.isin(organ, np.flatnonzero(~np.array(wanted)) + 1).any()
    organ, confidence = predictor.predict(hu, np.array([False] * 3))
    assert not organ.any() and not confidence.any()


@pytest.mark.parametrize("name", NAMES)
def test_every_estimator_is_bounded_repeats_itself_and_does_not_see_the_batch(name, unet_segmenter, confidence_folder):
    hu = random_hu(3)
    predictor = load(unet_segmenter, name, confidence_folder)
    everything = np.array([True] * 3)
    organ, confidence = predictor.predict(hu, everything)
    assert confidence[organ == 0].max(initial=0) == 0 and confidence.min() >= 0 and confidence.max() <= 1
    np.testing.assert_array_equal(confidence, load(unet_segmenter, name, confidence_folder).predict(hu, everything)[1])
    backwards = predictor.predict(hu[::-1], everything)[1][::-1]
    np.testing.assert_allclose(backwards, confidence, atol=1e-5)


def test_the_learned_confidence_is_that_of_the_organ(unet_segmenter, confidence_folder):
    hu = random_hu(1)
    organ, confidence = load(unet_segmenter, "learned", confidence_folder, batch=1).predict(hu, np.array([True] * 3))
    head = keras.saving.load_model(confidence_folder / NETWORK, safe_mode=True)
    sureness = np.asarray(keras.ops.sigmoid(head(hu / np.float32(100))))
    expected = np.take_along_axis(sureness, np.maximum(organ.astype(int) - 1, 0)[..., None], axis=-1)[..., 0]
    np.testing.assert_allclose(confidence[organ > 0], expected[organ > 0], atol=1e-3)


@pytest.mark.parametrize("wanted", [np.array([True]), np.array([1, 0, 1])])
def test_wanted_is_one_truth_value_per_organ(unet_segmenter, wanted):
    with pytest.raises(TfpartialError, match=r"wanted organs: expected bool \(3,\), got"):
        load(unet_segmenter).predict(random_hu(1), wanted)


def test_refuses_the_confidence_network_of_another_segmenter(threshold_segmenter, confidence_folder):
    with pytest.raises(TfpartialError, match=r"belongs to another segmenter than .*last.keras \(sha256 .*`tfpartial confidence`"):
        load(threshold_segmenter, "learned", confidence_folder)


def test_refuses_a_segmenter_with_a_softmax(threshold_segmenter):
    write_segmenter_card(
        dataclasses.replace(read_card(threshold_segmenter), method="naive_softmax", activation="softmax"), threshold_segmenter
    )
    expected = r"threshold: confidence is defined per organ .* got activation softmax \(method naive_softmax\)"
    with pytest.raises(TfpartialError, match=expected):
        load(threshold_segmenter)


def test_names_a_folder_that_is_none_or_not_finished_and_a_damaged_file(unet_segmenter, confidence_folder, tmp_path):
    with pytest.raises(TfpartialError, match=r"confidence\.json: no such file; expected the card of a confidence network"):
        load(unet_segmenter, "learned", tmp_path)
    card = (confidence_folder / "confidence.json").read_bytes()
    (tmp_path / "confidence.json").write_bytes(card)
    with pytest.raises(TfpartialError, match=r"expected a finished stage folder of `confidence` with confidence\.keras"):
        load(unet_segmenter, "learned", tmp_path)
    (tmp_path / NETWORK).write_bytes((confidence_folder / NETWORK).read_bytes()[:1000])
    with pytest.raises(TfpartialError, match=r"confidence\.keras: expected a network that Keras can load, got"):
        load(unet_segmenter, "learned", tmp_path)
    (tmp_path / "confidence.json").write_text("{}")
    with pytest.raises(TfpartialError, match=r"confidence\.json: expected the card of a confidence network; its content has no"):
        load(unet_segmenter, "learned", tmp_path)


def test_a_card_of_an_older_release_is_one_of_the_published_loss(confidence_folder, tmp_path):
    content = read_json(confidence_folder / "confidence.json", "content")
    del content["loss"]
    (tmp_path / "confidence.json").write_text(json.dumps(content))
    assert read_confidence_card(tmp_path).loss == "tcp"


def test_a_recipe_tells_the_head_in_use_from_the_published_one(confidence_folder):
    how = "mode finetune, loss tcp, balance none, start random, targets the segmenter's own"
    assert PUBLISHED.recipe == f"3×3 filters 400, 120, 64, 64, {how}"
    two = dataclasses.replace(PUBLISHED, out_of_fold_sha256=("a", "b"))
    assert two.recipe.endswith("targets of 2 segmenters out of fold")
    assert read_confidence_card(confidence_folder).recipe == PUBLISHED.recipe.replace("400, 120, 64, 64", "4")


def test_learned_needs_its_folder(unet_segmenter):
    with pytest.raises(TfpartialError, match="estimator 'learned': expected the stage folder of `confidence`, got none"):
        load(unet_segmenter, "learned")
