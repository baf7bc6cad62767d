"""The organs' prior at each of its places, in each network."""

import numpy as np
import pytest

from tfpartial import models
from tfpartial.errors import TfpartialError
from tfpartial.models.with_prior import PLACES


@pytest.mark.parametrize("where", PLACES)
def test_a_prior_of_one_half_leaves_the_logits(subject, where):
    if where == "bottleneck" and models.BOTTLENECK not in {layer.name for layer in subject.network.layers}:
        with pytest.raises(TfpartialError, match="has no layer named 'bottleneck' that a prior could be added to"):
            subject.build_with_prior(where)
        return
    model = subject.build_with_prior(where)
    models.take_plain_weights(model, subject.network)
    prior = np.full((2, *subject.row.sides, 3), 0.5, "float32")
    got, expected = model([subject.slices, prior]), subject.network(subject.slices)
    if where == "input":
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
    else:
        np.testing.assert_array_equal(got, expected)
    if where == "activation":
        sure = np.full_like(prior, 0.9)
        np.testing.assert_allclose(model([subject.slices, sure]) - expected, np.full_like(prior, np.log(9)), rtol=1e-3)
