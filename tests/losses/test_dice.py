import keras
import numpy as np
import pytest
import tensorflow as tf

from tfpartial.errors import TfpartialError
from tfpartial.losses import PartialDice

LN3 = np.log(3.0)


def test_counts_only_certain_voxels():
    target = np.array([[1.0], [0.0], [0.0]], np.float32)
    logits = np.array([[0.0], [0.0], [100.0]], np.float32)  # probabilities 1/2, 1/2, 1
    weight = np.array([[1.0], [1.0], [0.0]], np.float32)
    assert float(PartialDice()(target, logits, sample_weight=weight)) == pytest.approx(1 / 3)
    assert float(PartialDice()(target, logits)) == pytest.approx(1 - 2 / 4)
    assert float(PartialDice(smooth=3.0)(target, logits)) == pytest.approx(1 - 4 / 6)


def test_the_logarithm_moves_an_organ_that_is_not_seen_yet():
    """At a probability of 1e-4 the slope of 1 - D is about as small, that of -ln D is near 1 whatever the probability."""
    target, logits = np.array([[1.0], [0.0]], np.float32), keras.Variable([[-9.2], [-9.2]])
    slopes = {}
    for form in ("linear", "log"):
        with tf.GradientTape() as tape:
            loss = PartialDice(form=form, smooth=1e-6)(target, logits.value)
        slopes[form] = float(tape.gradient(loss, logits.value)[0, 0])
    assert -3e-4 < slopes["linear"] < 0
    assert slopes["log"] == pytest.approx(-1.0, abs=0.05)


def test_the_logarithm_of_an_organs_dice_by_hand():
    target, logits = np.array([[1.0], [0.0]], np.float32), np.zeros((2, 1), np.float32)
    assert float(PartialDice(form="log")(target, logits)) == pytest.approx(np.log(3 / 2))  # D = (1 + 1) / (1 + 1 + 1)


# Organ 1 present: D = (2 * 3/4 + 1) / (1 + 3/4 + 1) = 10/11. Organ 2 certain and absent: D = 1 / (1/2 + 1) = 2/3.
# Organ 3 nowhere certain: D = 1.
TARGET = np.array([[1.0, 0.0, 1.0]], np.float32)
LOGITS = np.array([[LN3, 0.0, 0.0]], np.float32)
WEIGHT = np.array([[1.0, 1.0, 0.0]], np.float32)


@pytest.mark.parametrize(
    ("organs", "expected"), [("present", 1 / 11), ("weighted", (1 / 11 + 1 / 3) / 2), ("all", (1 / 11 + 1 / 3 + 0) / 3)]
)
def test_averages_over_the_organs_asked_for(organs, expected):
    assert float(PartialDice(organs)(TARGET, LOGITS, sample_weight=WEIGHT)) == pytest.approx(expected)


def test_pools_an_organ_over_the_batch_and_the_slice():
    random = np.random.default_rng(0)
    target = random.integers(0, 2, (2, 3, 4, 2)).astype(np.float32)
    logits = random.normal(size=(2, 3, 4, 2)).astype(np.float32)
    weight = random.integers(0, 2, (2, 3, 4, 2)).astype(np.float32)
    pooled = [array.reshape(24, 2) for array in (target, logits, weight)]
    expected = float(PartialDice()(pooled[0], pooled[1], sample_weight=pooled[2]))
    assert float(PartialDice()(target, logits, sample_weight=weight)) == pytest.approx(expected, rel=1e-6)


def test_softmax_shares_a_voxel_and_gives_background_no_term():
    target = np.array([[1.0]], np.float32)
    logits = np.array([[0.0, LN3]], np.float32)  # background 1/4, organ 3/4
    assert float(PartialDice(activation="softmax")(target, logits)) == pytest.approx(1 - 2.5 / 2.75)


def test_softmax_learns_a_voxel_only_where_every_organ_is_certain():
    target = np.array([[1.0, 0.0], [1.0, 0.0]], np.float32)
    logits = np.zeros((2, 3), np.float32)
    weight = np.array([[1.0, 0.0], [1.0, 1.0]], np.float32)
    dice = PartialDice("weighted", activation="softmax")
    expected = float(dice(target[1:], logits[1:]))
    assert float(dice(target, logits, sample_weight=weight)) == pytest.approx(expected)


def test_survives_its_config():
    loss = PartialDice("all", 2.0, "softmax", "log", name="dice")
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(again) is PartialDice
    assert again.get_config() == {"organs": "all", "smooth": 2.0, "activation": "softmax", "form": "log", "name": "dice"}


def test_says_what_is_wrong_with_a_call():
    with pytest.raises(TfpartialError, match="organs: expected one of weighted, present, all; got 'some'"):
        PartialDice("some")
    with pytest.raises(TfpartialError, match="activation: expected one of sigmoid, softmax; got 'relu'"):
        PartialDice(activation="relu")
    with pytest.raises(TfpartialError, match=r"smooth: expected more than 0 voxels, got 0"):
        PartialDice(smooth=0)
    with pytest.raises(TfpartialError, match=r"logits: expected \(1, 4\), got \(1, 3\)"):
        PartialDice(activation="softmax")(TARGET, LOGITS)
