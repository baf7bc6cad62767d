"""Numbers of the distance from a sharp mask, by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.losses.contract.table import sample_of
from tfpartial.config import LossConfig
from tfpartial.errors import TfpartialError
from tfpartial.losses.regularisers.extremal_area import ExtremalArea
from tfpartial.training import Objective

M = [[0.5], [0], [1], [0.25]]


def everywhere(area, activation="sigmoid"):
    return ExtremalArea(activation, area, slices="uncertain")


def test_the_largest_are_pulled_to_1_and_the_others_to_0(sigmoids):
    assert float(everywhere(0.5)(sigmoids(M))) == pytest.approx((1 / 4 + 1 / 16) / 4, rel=1e-5)
    assert float(everywhere(0.25)(sigmoids(M))) == pytest.approx((1 / 4 + 1 / 16) / 4, rel=1e-5)
    assert float(everywhere(1.0)(sigmoids(M))) == pytest.approx((1 / 4 + 1 + 9 / 16) / 4, rel=1e-5)
    assert float(everywhere(0.5)(sigmoids([[1], [0], [0], [1]]))) == pytest.approx(0, abs=1e-6)


def test_what_is_left_of_the_area_is_a_fraction_of_the_next_voxel(sigmoids):
    """Of 4 voxels an area of 3/8 has one and a half: r = (0, 0, 1/2, 1)."""
    assert float(everywhere(0.375)(sigmoids(M))) == pytest.approx((0 + 1 / 16) / 4, rel=1e-5)
    assert float(everywhere(0.05)(sigmoids(M))) == pytest.approx((0.8**2 + 1 / 4 + 1 / 16) / 4, rel=1e-5)


def test_of_a_softmax_the_organs_count(softmax):
    batch = softmax([[0.5, 0.5, 0], [1, 0, 0], [0, 1, 0], [0.5, 0.25, 0.25]])
    first, second = (1 / 4 + 1 / 16) / 4, (9 / 16 + 1) / 4
    assert float(everywhere(0.5, "softmax")(batch)) == pytest.approx((first + second) / 2, rel=1e-5)


def test_organs_count_in_slices_with_a_certain_voxel_of_them(sigmoids):
    """Organ 1 has one; organ 2 has a certain voxel without it; organ 3 is certain everywhere."""
    probabilities = np.repeat(M, 3, axis=-1)
    weights, targets = np.zeros((4, 3)), np.zeros((4, 3))
    weights[2, :2], weights[:, 2], targets[2, 0], targets[0, 2] = 1, 1, 1, 1
    probabilities[:, 1] = 0
    batch = sigmoids(probabilities, weights, targets)
    assert float(ExtremalArea("sigmoid", 0.5)(batch)) == pytest.approx((1 / 4 + 1 / 16) / 4, rel=1e-5)
    assert float(everywhere(0.5)(batch)) == pytest.approx((5 / 64 + 1 / 2) / 2, rel=1e-5)


@given(seed=st.integers(0, 2**32 - 1), areas=st.lists(st.floats(0.001, 1), min_size=3, max_size=3))
@settings(deadline=None, max_examples=30)
def test_a_partial_sort_gives_what_sorting_gives(seed, areas):
    sample = sample_of(np.full((2, 4, 5), 255, "uint8"), np.ones((2, 3), bool), "sigmoid", seed)
    organs = ("a", "b", "c")
    term = everywhere(dict(zip(organs, areas, strict=True)))
    term.set_organs(organs)
    m = np.sort(1 / (1 + np.exp(-sample.logits.astype("float64"))).reshape(2, 20, 3), axis=1)
    edges = 20 - np.arange(20)[:, None]
    r = np.clip(np.array(areas) * 20 - (edges - 1), 0, 1)
    assert float(term(sample.inputs(sample.logits))) == pytest.approx(np.mean(((m - r) ** 2).sum(1) / 20), rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "area: expected a number, or {ORGAN: NUMBER}; got none"),
        ({"area": 1.5}, "area: expected more than 0 and at most 1, got 1.5"),
        ({"area": {"brain": 0.5}}, "area: no organ 'brain'; expected some of liver"),
        ({"area": 0.5, "slices": "all"}, "slices: expected present or uncertain, got 'all'"),
    ],
)
def test_an_option_that_cannot_be_is_one_line(options, message):
    with pytest.raises(TfpartialError) as raised:
        Objective("certain", 1, LossConfig({"extremal_area": options})).set_organs(["liver"])
    assert str(raised.value) == f"loss.terms.extremal_area.{message}"
