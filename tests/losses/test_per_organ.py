import numpy as np
import pytest

from tfpartial.config import LossConfig
from tfpartial.errors import TfpartialError
from tfpartial.losses.per_organ import PerOrgan
from tfpartial.training import Objective

ORGANS = ("liver", "spleen", "pancreas")


def share(value):
    return PerOrgan("area", value, lambda number: 0 < number <= 1, "more than 0 and at most 1")


def test_one_number_is_that_of_every_organ():
    np.testing.assert_array_equal(share(0.25).of(3), [0.25] * 3)


def test_numbers_by_name_come_in_the_order_of_the_organs():
    numbers = share({"pancreas": 0.5, "liver": 1})
    numbers.set_organs(ORGANS)
    np.testing.assert_array_equal(numbers.of(3), [1, np.nan, 0.5])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "area: expected a number, or {ORGAN: NUMBER}; got none"),
        ({}, "area: expected a number, or {ORGAN: NUMBER}; got none"),
        (0.0, "area: expected more than 0 and at most 1, got 0"),
        (float("nan"), "area: expected more than 0 and at most 1, got nan"),
        ({"liver": 0.5, "spleen": 1.5}, "area.spleen: expected more than 0 and at most 1, got 1.5"),
    ],
)
def test_a_number_that_cannot_be_is_one_line(value, message):
    with pytest.raises(TfpartialError) as raised:
        share(value)
    assert str(raised.value) == message


def test_names_of_other_organs_are_refused():
    with pytest.raises(TfpartialError) as raised:
        share({"livr": 0.1, "liver": 0.1, "brain": 0.2}).set_organs(ORGANS)
    assert str(raised.value) == "area: no organ 'livr', 'brain'; expected some of liver, spleen, pancreas"


def test_names_mean_nothing_before_the_organs_are_known():
    with pytest.raises(TfpartialError, match="area: expected the organs' names by `set_organs` before the first step, got none"):
        share({"liver": 0.1}).of(3)


def test_the_objective_says_in_which_term_an_organ_does_not_exist():
    objective = Objective("certain", 3, LossConfig({"focal": {"positive_weight": {"livr": 2}}, "bce": {}}))
    with pytest.raises(TfpartialError) as raised:
        objective.set_organs(ORGANS)
    assert str(raised.value) == "loss.terms.focal.positive_weight: no organ 'livr'; expected some of liver, spleen, pancreas"
