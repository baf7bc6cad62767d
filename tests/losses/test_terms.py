"""Terms of a loss: what they read, what they weigh, and when."""

import numpy as np
import pytest
import tensorflow as tf

from tfpartial.config import LossConfig
from tfpartial.errors import TfpartialError
from tfpartial.losses import LossInputs
from tfpartial.losses.terms import CrossEntropy, Dice
from tfpartial.training import Objective

# One slice of two voxels, one organ: logits 0 and ln 3 (probabilities 1/2 and 3/4), labelled and not.
LOGITS = np.array([0.0, np.log(3)], "float32").reshape(1, 1, 2, 1)
TARGETS = np.array([1.0, 0.0], "float32").reshape(1, 1, 2, 1)


def inputs(weights=(1, 1), annotated=True):
    weights = np.array(weights, "float32").reshape(1, 1, 2, 1)
    return LossInputs(TARGETS, weights, {1: LOGITS}, np.array([[annotated]]))


def objective(terms, **options):
    return Objective("certain", 1, LossConfig(terms), **options)


def test_cross_entropy_is_that_of_the_certain_voxels():
    assert float(CrossEntropy("sigmoid")(inputs(weights=(1, 0)))) == pytest.approx(np.log(2), rel=1e-6)
    assert float(CrossEntropy("sigmoid", reduction="batch_mean")(inputs(weights=(1, 0)))) == pytest.approx(
        np.log(2) / 2, rel=1e-6
    )


def test_a_few_certain_voxels_count_for_a_share_of_the_batch_at_least():
    """One certain voxel of two: its mean is its own; counted for three quarters of the batch it weighs two thirds of that."""
    floored = CrossEntropy("sigmoid", floor=0.75)
    assert float(floored(inputs(weights=(1, 0)))) == pytest.approx(np.log(2) / 1.5, rel=1e-6)
    assert float(floored(inputs())) == pytest.approx((np.log(2) + np.log(4)) / 2, rel=1e-6)
    assert float(CrossEntropy("softmax", floor=1.0).loss.mean.floor) == 1.0


def test_dice_of_a_slice_counts_where_the_organ_is_annotated():
    certain = -np.log((2 * 0.5 + 0.01) / (1 + 1.25 + 0.01))
    assert float(Dice("sigmoid")(inputs(annotated=False))) == pytest.approx(certain, rel=1e-6)
    assert float(Dice("sigmoid", slices="annotated")(inputs(annotated=False))) == 0
    assert float(Dice("sigmoid", slices="annotated")(inputs())) == pytest.approx(certain, rel=1e-6)


def test_the_weight_rises_linearly_between_the_steps_of_the_ramp():
    batch = {"label": np.array([[[1, 0]]], "uint8"), "annotated": np.array([[True]])}
    loss = objective({"bce": {}, "dice": {"weight": 2, "ramp": [10, 30]}})
    plain = loss(batch, LOGITS, step=0)
    for step, share in ((0, 0), (10, 0), (15, 0.25), (30, 1), (99, 1)):
        values = loss(batch, LOGITS, step=step)
        expected = float(plain["bce"]) + 2 * share * float(plain["dice"])
        assert float(values["loss"]) == pytest.approx(expected, rel=1e-6)
        assert float(values["dice"]) == float(plain["dice"]), "what is logged is the term itself"


def test_rule_and_activation_may_differ_from_those_of_the_method():
    assert (objective({"bce": {}}).rule, objective({"bce": {}}).num_logits) == ("certain", 1)
    other = objective({"bce": {}}, rule="positives", activation="softmax")
    assert (other.rule, other.activation, other.num_logits) == ("positives", "softmax", 2)


@pytest.mark.parametrize("rule", ["certain", "naive", "positives", "any", "any_or_outside_box"])
def test_every_weight_rule_can_be_asked_for(rule):
    batch = {"label": np.array([[[1, 0]]], "uint8"), "annotated": np.array([[True]])}
    batch["outside_box"] = np.array([[[False, True]]])
    values = objective({"bce": {"reduction": "batch_mean"}}, rule=rule)(batch, LOGITS)
    of_voxels = np.array([np.log(2), np.log(4)])
    weighs = {"positives": (1, 0), "any": (1, 0)}.get(rule, (1, 1))
    assert float(values["loss"]) == pytest.approx(float(np.mean(of_voxels * weighs)), rel=1e-6)


def test_what_the_data_lack_is_said_before_the_first_step():
    objective({"bce": {}}).require(["image"])
    with pytest.raises(TfpartialError, match="rule: 'any_or_outside_box' needs outside_box; these data have image, label"):
        objective({"bce": {}}, rule="any_or_outside_box").require(["image", "label"])


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"bce": {"weight": -1}}, "loss.terms.bce.weight: expected float, 0 or more, got -1"),
        ({"bce": {"weight": "much"}}, "loss.terms.bce.weight: expected float, 0 or more, got 'much'"),
        ({"bce": {"ramp": [5, 5]}}, "loss.terms.bce.ramp: expected a step from 0 on and a later one, got 5 and 5"),
        ({"bce": {"floor": 2}}, "loss.terms.bce.floor: expected 0 to 1, got 2.0"),
        ({"bce": {"weight": float("nan")}}, "loss.terms.bce.weight: expected a finite number, got nan"),
        ({"bce": {"weight": None}}, "loss.terms.bce.weight: expected float, 0 or more, got none"),
        ({"bce": 3}, "loss.terms.bce: expected its options, such as {weight: 1}, got 3"),
        ({"dice": {"smooth": -5}}, "loss.terms.dice.smooth: expected more than 0 voxels, got -5.0"),
        (
            {"dice": {"wieght": 1}},
            "loss.terms.dice: no option wieght; expected some of weight, ramp, organs, slices, form, smooth",
        ),
        ({"bce": {"reduction": "sum"}}, "loss.terms.bce.reduction: expected valid_mean or batch_mean, got 'sum'"),
        ({"bce": None, "dice": {"weight": 0}}, "loss.terms: expected a term with a weight above 0, got bce, dice without one"),
        ({}, "loss.terms: expected a term with a weight above 0, got no term"),
    ],
)
def test_a_term_that_cannot_be_is_one_line(terms, message):
    with pytest.raises(TfpartialError) as raised:
        objective(terms)
    assert str(raised.value) == message


def test_dice_moves_a_rare_organ_from_its_first_probability():
    """Twenty voxels of a batch, each at the organ's frequency: what the positives pull with, by the form and the smoothing."""
    label = np.zeros((2, 64, 64), np.uint8)
    label[0, 10, :20] = 1
    data = {"label": tf.constant(label), "annotated": tf.constant([[True], [True]])}
    logits = tf.Variable(tf.fill((2, 64, 64, 1), -9.0))
    pulls = {}
    for name, options in {"default": {}, "log": {"smooth": 1.0}, "linear": {"smooth": 1.0, "form": "linear"}}.items():
        with tf.GradientTape() as tape:
            loss = Objective("certain", 1, LossConfig({"dice": options}))(data, logits)["loss"]
        slope = tape.gradient(loss, logits).numpy()
        pulls[name] = -float(slope[label[..., None] == 1].sum())
    share = 20 * 1.234e-4  # expected voxels of the organ among its own: p = 1.234e-4 at a logit of -9
    assert pulls["default"] == pytest.approx(2 * share / (2 * share + 0.01), rel=0.03)
    assert pulls["log"] == pytest.approx(2 * share / (2 * share + 1), rel=0.05)
    assert pulls["default"] > 60 * pulls["log"] > 60 * pulls["linear"] > 0
