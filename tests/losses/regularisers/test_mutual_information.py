"""Numbers of the mutual information, by hand. The term is its negative."""

import numpy as np
import pytest

from tfpartial.losses.regularisers.mutual_information import MutualInformation

LN2 = np.log(2)
H14 = np.log(4) - 3 / 4 * np.log(3)
"""Entropy of (1/4, 3/4)."""


def test_sure_and_even_predictions_have_the_most(sigmoids, softmax):
    assert float(MutualInformation("sigmoid")(sigmoids([[1], [0]]))) == pytest.approx(-LN2, rel=1e-6)
    assert float(MutualInformation("softmax")(softmax(np.eye(3)))) == pytest.approx(-np.log(3), rel=1e-6)


def test_predictions_that_are_the_same_everywhere_have_none(sigmoids, softmax):
    for p in (0, 0.25, 1):
        assert float(MutualInformation("sigmoid")(sigmoids([[p], [p]]))) == pytest.approx(0, abs=1e-6)
    assert float(MutualInformation("softmax")(softmax([[0.2, 0.3, 0.5]] * 3))) == pytest.approx(0, abs=1e-6)


def test_the_mean_is_over_organs_with_voxels_that_are_not_certain(sigmoids):
    """Organ 1: the last three voxels, p = 1, 1/2, 0. Organ 2: p = 1, 1/4, 1/4, 1/2 with the mean 1/2. Organ 3: certain."""
    weights = [[1, 0, 1], [0, 0, 1], [0, 0, 1], [0, 0, 1]]
    batch = sigmoids([[0.9, 1, 0.3], [1, 0.25, 0.3], [0.5, 0.25, 0.3], [0, 0.5, 0.9]], weights)
    information = LN2 - LN2 / 3, LN2 - (2 * H14 + LN2) / 4
    assert float(MutualInformation("sigmoid")(batch)) == pytest.approx(-np.mean(information), rel=1e-6)


def test_of_a_softmax_the_marginal_is_that_of_all_classes(softmax):
    """The mean of (1, 0, 0) and (1/2, 1/2, 0) is (3/4, 1/4, 0); the last voxel is certain."""
    batch = softmax([[1, 0, 0], [0.5, 0.5, 0], [0, 0, 1]], [[1, 0], [0, 0], [1, 1]])
    assert float(MutualInformation("softmax")(batch)) == pytest.approx(-(H14 - LN2 / 2), rel=1e-6)
