"""Numbers of the focal cross entropy, by hand."""

import numpy as np
import pytest

from tfpartial.config import LossConfig
from tfpartial.errors import TfpartialError
from tfpartial.losses import LossInputs
from tfpartial.losses.focal import Focal
from tfpartial.losses.terms import CrossEntropy
from tfpartial.training import Objective

LN3, LN43, LN4, LN2 = np.log([3, 4 / 3, 4, 2])


def inputs(logits, targets, weights):
    """Voxels of one slice: each argument has a row of channels per voxel."""
    arrays = [np.array(each, "float32")[None, None] for each in (logits, targets, weights)]
    return LossInputs(arrays[1], arrays[2], {1: arrays[0]}, np.ones((1, arrays[1].shape[-1]), bool))


# One organ: p = 3/4 in the organ, 3/4 outside, 1/2 in the organ, and one that is not certain.
BINARY = inputs([[LN3], [LN3], [0], [5]], [[1], [0], [1], [0]], [[1], [1], [1], [0]])
# A softmax over background and two organs, (1/5, 3/5, 1/5): organ 1, background, organ 2, and one that is not certain.
SOFTMAX = inputs([[0, LN3, 0]] * 4, [[1, 0], [0, 0], [0, 1], [0, 0]], [[1, 1]] * 3 + [[1, 0]])


def test_an_easy_voxel_counts_little():
    expected = (LN43 / 16 + LN4 * 9 / 16 + LN2 / 4) / 3
    assert float(Focal("sigmoid")(BINARY)) == pytest.approx(expected, rel=1e-6)
    assert float(Focal("sigmoid", gamma=1.0)(BINARY)) == pytest.approx((LN43 / 4 + LN4 * 3 / 4 + LN2 / 2) / 3, rel=1e-6)


def test_of_a_softmax_the_class_of_a_voxel_counts():
    expected = (0.4**2 * np.log(5 / 3) + 0.8**2 * np.log(5) + 0.8**2 * np.log(5)) / 3
    assert float(Focal("softmax")(SOFTMAX)) == pytest.approx(expected, rel=1e-6)


def test_voxels_of_an_organ_may_count_more():
    expected = (3 * LN43 / 16 + LN4 * 9 / 16 + 3 * LN2 / 4) / 3
    assert float(Focal("sigmoid", positive_weight=3.0)(BINARY)) == pytest.approx(expected, rel=1e-6)
    of_organs = Focal("softmax", positive_weight={"spleen": 5.0})
    of_organs.set_organs(["liver", "spleen"])
    expected = (0.4**2 * np.log(5 / 3) + 0.8**2 * np.log(5) + 5 * 0.8**2 * np.log(5)) / 3
    assert float(of_organs(SOFTMAX)) == pytest.approx(expected, rel=1e-6)


def test_balanced_classes_weigh_as_much_in_total():
    """Of the certain voxels two are the organ and one is not: they count 3/4 and 3/2."""
    expected = (3 / 4 * LN43 / 16 + 3 / 2 * LN4 * 9 / 16 + 3 / 4 * LN2 / 4) / 3
    assert float(Focal("sigmoid", positive_weight="balanced")(BINARY)) == pytest.approx(expected, rel=1e-6)
    only_organ = inputs([[LN3], [0]], [[1], [1]], [[1], [1]])
    assert float(Focal("sigmoid", positive_weight="balanced")(only_organ)) == pytest.approx((LN43 / 16 + LN2 / 4) / 2, rel=1e-6)
    twice = inputs([[0, LN3, 0]] * 3, [[1, 0], [1, 0], [0, 1]], [[1, 1]] * 3)  # 3/2 over 2 classes that are there: 3/4 and 3/2
    expected = (2 * 3 / 4 * 0.4**2 * np.log(5 / 3) + 3 / 2 * 0.8**2 * np.log(5)) / 3
    assert float(Focal("softmax", positive_weight="balanced")(twice)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("activation", "batch"), [("sigmoid", BINARY), ("softmax", SOFTMAX)])
@pytest.mark.parametrize("options", [{}, {"reduction": "batch_mean"}, {"floor": 1.0}, {"floor": 0.0}])
def test_without_gamma_it_is_the_cross_entropy(activation, batch, options):
    focal, plain = Focal(activation, gamma=0.0, **options)(batch), CrossEntropy(activation, **options)(batch)
    assert float(focal) == pytest.approx(float(plain), rel=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gamma": -1}, "loss.terms.focal.gamma: expected float, 0 or more, got -1"),
        ({"floor": 2}, "loss.terms.focal.floor: expected 0 to 1, got 2.0"),
        ({"positive_weight": 0}, "loss.terms.focal.positive_weight: expected more than 0, got 0"),
        (
            {"positive_weight": "much"},
            "loss.terms.focal.positive_weight: expected float or dict[str, float] or balanced, got 'much'",
        ),
        ({"positive_weight": {"liver": -2}}, "loss.terms.focal.positive_weight.liver: expected more than 0, got -2"),
    ],
)
def test_an_option_that_cannot_be_is_one_line(options, message):
    with pytest.raises(TfpartialError) as raised:
        Objective("certain", 1, LossConfig({"focal": options}))
    assert str(raised.value) == message
