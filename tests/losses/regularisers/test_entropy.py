"""Numbers of the entropy, by hand."""

import numpy as np
import pytest

from tfpartial.losses.regularisers.entropy import Entropy

LN2 = np.log(2)
H14 = np.log(4) - 3 / 4 * np.log(3)
"""Entropy of (1/4, 3/4)."""


def test_a_sure_prediction_has_none_and_an_even_one_has_the_most(sigmoids, softmax):
    assert float(Entropy("sigmoid")(sigmoids([[0], [1]]))) == 0
    assert float(Entropy("sigmoid")(sigmoids([[0.5], [1]]))) == pytest.approx(LN2 / 2, rel=1e-6)
    assert float(Entropy("sigmoid")(sigmoids([[0.25], [0.75]]))) == pytest.approx(H14, rel=1e-6)
    assert float(Entropy("softmax")(softmax([[1 / 3] * 3]))) == pytest.approx(np.log(3), rel=1e-6)
    assert float(Entropy("softmax")(softmax([[1, 0, 0], [0.5, 0.5, 0]]))) == pytest.approx(LN2 / 2, rel=1e-6)


def test_the_mean_is_over_voxels_and_organs_that_are_not_certain(sigmoids, softmax):
    """Of two organs in two voxels, one is certain; a softmax is not certain where one organ is not."""
    weights = [[1, 0], [0, 0]]
    of_sigmoids = sigmoids([[0.5, 0.25], [1, 0.5]], weights)
    assert float(Entropy("sigmoid")(of_sigmoids)) == pytest.approx((H14 + 0 + LN2) / 3, rel=1e-6)
    of_softmax = softmax([[0.5, 0.5, 0], [1, 0, 0], [1 / 3] * 3], [[1, 0], [0, 0], [1, 1]])
    assert float(Entropy("softmax")(of_softmax)) == pytest.approx(LN2 / 2, rel=1e-6)
