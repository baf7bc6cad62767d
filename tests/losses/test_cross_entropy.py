import keras
import numpy as np
import pytest
import tensorflow as tf

from tfpartial.errors import TfpartialError
from tfpartial.losses import PartialBinaryCrossentropy, PartialCategoricalCrossentropy

LN3 = np.log(3.0)
# Two voxels, two organs. Terms: organ 1: ln 2, ln 4; organ 2: ln 4/3, ln 2.
TARGETS = np.array([[1.0, 1.0], [0.0, 0.0]], np.float32)
LOGITS = np.array([[0.0, LN3], [LN3, 0.0]], np.float32)
WEIGHTS = np.array([[1.0, 1.0], [0.0, 1.0]], np.float32)


def test_batch_mean_divides_by_the_voxels_of_the_batch():
    loss = PartialBinaryCrossentropy("batch_mean")
    assert float(loss(TARGETS, LOGITS, sample_weight=WEIGHTS)) == pytest.approx((np.log(2) + np.log(4 / 3) + np.log(2)) / 2)


def test_valid_mean_divides_each_organ_by_its_certain_voxels():
    loss = PartialBinaryCrossentropy("valid_mean")
    expected = np.log(2) / 1 + (np.log(4 / 3) + np.log(2)) / 2
    assert float(loss(TARGETS, LOGITS, sample_weight=WEIGHTS)) == pytest.approx(expected)


def test_without_a_weight_map_every_voxel_is_certain():
    expected = (np.log(2) + np.log(4) + np.log(4 / 3) + np.log(2)) / 2
    for reduction in ("batch_mean", "valid_mean"):
        assert float(PartialBinaryCrossentropy(reduction)(TARGETS, LOGITS)) == pytest.approx(expected)


def test_categorical_takes_background_from_what_no_organ_claims():
    target = np.array([[0.0], [1.0]], np.float32)  # background, organ
    logits = np.array([[0.0, LN3], [0.0, LN3]], np.float32)  # softmax 1/4, 3/4
    weight = np.array([[1.0], [0.0]], np.float32)
    assert float(PartialCategoricalCrossentropy("batch_mean")(target, logits)) == pytest.approx((np.log(4) + np.log(4 / 3)) / 2)
    assert float(PartialCategoricalCrossentropy("batch_mean")(target, logits, sample_weight=weight)) == pytest.approx(np.log(2))
    assert float(PartialCategoricalCrossentropy("valid_mean")(target, logits, sample_weight=weight)) == pytest.approx(np.log(4))


def test_categorical_learns_a_voxel_only_where_every_organ_is_certain():
    target = np.zeros((2, 2), np.float32)
    logits = np.zeros((2, 3), np.float32)
    weight = np.array([[1.0, 0.0], [1.0, 1.0]], np.float32)
    assert float(PartialCategoricalCrossentropy("valid_mean")(target, logits, sample_weight=weight)) == pytest.approx(np.log(3))
    assert float(PartialCategoricalCrossentropy("batch_mean")(target, logits, sample_weight=weight)) == pytest.approx(
        np.log(3) / 2
    )


@pytest.mark.parametrize("logit", [-1e4, -88.0, 0.0, 88.0, 1e4])
@pytest.mark.parametrize("target", [0.0, 1.0])
def test_stays_exact_for_logits_of_any_size(logit, target):
    x = tf.constant([[logit]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = PartialBinaryCrossentropy()(np.array([[target]]), x)
    away = -logit if target else logit
    assert float(loss) == pytest.approx(np.logaddexp(0.0, away))
    slope = np.exp(-np.logaddexp(0.0, -away))
    assert float(tape.gradient(loss, x)[0, 0]) == pytest.approx(-slope if target else slope, abs=1e-37)


def test_computes_in_float32_from_bfloat16_logits():
    logits = tf.fill([64, 64, 1], tf.constant(0.01, tf.bfloat16))
    loss = PartialBinaryCrossentropy("batch_mean")(tf.zeros([64, 64, 1]), logits)
    assert loss.dtype == tf.float32
    expected = np.log1p(np.exp(float(tf.cast(logits[0, 0, 0], tf.float32))))
    assert float(loss) == pytest.approx(expected, rel=1e-5)  # a sum of 4096 terms in bfloat16 would stop growing


@pytest.mark.parametrize("kind", [PartialBinaryCrossentropy, PartialCategoricalCrossentropy])
def test_survives_its_config(kind):
    loss = kind("batch_mean", name="term")
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(again) is kind
    assert again.get_config() == loss.get_config() == {"reduction": "batch_mean", "floor": 0.0, "name": "term"}


def test_says_what_is_wrong_with_a_call():
    with pytest.raises(TfpartialError, match="reduction: expected one of batch_mean, valid_mean; got 'mean'"):
        PartialBinaryCrossentropy("mean")
    with pytest.raises(TfpartialError, match=r"logits: expected \(2, 2\), got \(2, 3\)"):
        PartialBinaryCrossentropy()(TARGETS, np.zeros((2, 3), np.float32))
    with pytest.raises(TfpartialError, match=r"logits: expected \(2, 3\), got \(2, 2\)"):
        PartialCategoricalCrossentropy()(TARGETS, LOGITS)
    with pytest.raises(TfpartialError, match=r"weight map: expected \(2, 2\), got \(2,\)"):
        PartialBinaryCrossentropy()(TARGETS, LOGITS, sample_weight=np.ones(2, np.float32))
