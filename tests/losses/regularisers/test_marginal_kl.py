"""Numbers of the divergence from a known marginal, by hand."""

import numpy as np
import pytest

from tfpartial.config import LossConfig
from tfpartial.errors import TfpartialError
from tfpartial.losses.regularisers.marginal_kl import MarginalKL
from tfpartial.training import Objective

ORGANS = ("liver", "spleen")
HALF = 0.5 * np.log(2) + 0.5 * np.log(2 / 3)
"""KL of (1/2, 1/2) from (3/4, 1/4)."""


def named(activation, marginal):
    term = MarginalKL(activation, marginal)
    term.set_organs(ORGANS)
    return term


def test_the_mean_prediction_of_voxels_that_are_not_certain_counts(sigmoids):
    batch = sigmoids([[0.75], [0.25], [0.9]], [[0], [0], [1]])
    assert float(MarginalKL("sigmoid", 0.25)(batch)) == pytest.approx(HALF, rel=1e-5)
    assert float(MarginalKL("sigmoid", 0.5)(batch)) == pytest.approx(0, abs=1e-6)
    assert float(MarginalKL("sigmoid", 0.25)(sigmoids([[0], [0]]))) == pytest.approx(np.log(4 / 3), rel=1e-6)


def test_organs_without_a_share_or_a_voxel_are_free(sigmoids):
    batch = sigmoids([[0.5, 0.1], [0.5, 0.3]])
    assert float(named("sigmoid", {"liver": 0.25})(batch)) == pytest.approx(HALF, rel=1e-6)
    spleen = 0.2 * np.log(0.2 / 0.5) + 0.8 * np.log(0.8 / 0.5)
    both = named("sigmoid", {"spleen": 0.5, "liver": 0.25})
    assert float(both(batch)) == pytest.approx((HALF + spleen) / 2, rel=1e-6)
    assert float(both(sigmoids([[0.5, 0.1], [0.5, 0.3]], [[0, 1], [0, 1]]))) == pytest.approx(HALF, rel=1e-6)


def test_in_a_softmax_all_else_is_one_class(softmax):
    """The mean is (1/4, 1/4, 1/2): of the spleen and all else (1/2, 1/2)."""
    batch = softmax([[0.5, 0.25, 0.25], [0, 0.25, 0.75]])
    assert float(named("softmax", {"spleen": 0.25})(batch)) == pytest.approx(HALF, rel=1e-5)
    both = 0.25 * np.log(0.25 / 0.3) + 0.25 * np.log(0.25 / 0.1) + 0.5 * np.log(0.5 / 0.6)
    assert float(named("softmax", {"spleen": 0.6, "liver": 0.1})(batch)) == pytest.approx(both, rel=1e-5)


@pytest.mark.parametrize(
    ("activation", "marginal", "message"),
    [
        ("sigmoid", None, "marginal: expected a number, or {ORGAN: NUMBER}; got none"),
        ("sigmoid", 1, "marginal: expected more than 0 and less than 1, got 1"),
        ("sigmoid", {"liver": 0}, "marginal.liver: expected more than 0 and less than 1, got 0"),
        ("sigmoid", {"brain": 0.1}, "marginal: no organ 'brain'; expected some of liver, spleen"),
        (
            "softmax",
            {"liver": 0.5, "spleen": 0.75},
            "marginal: expected shares that add up to less than 1 in a softmax, got 1.25",
        ),
    ],
)
def test_shares_that_cannot_be_are_one_line(activation, marginal, message):
    with pytest.raises(TfpartialError) as raised:
        config = LossConfig({"marginal_kl": {} if marginal is None else {"marginal": marginal}})
        Objective("certain", 2, config, activation=activation).set_organs(ORGANS)
    assert str(raised.value) == f"loss.terms.marginal_kl.{message}"
