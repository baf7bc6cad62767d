"""Half precision: 8 or 11 bits of a product, and logits in float32."""

import keras
import numpy as np
import pytest

from tfpartial import models


@pytest.mark.parametrize(("policy", "tolerance"), [("mixed_bfloat16", 0.1), ("mixed_float16", 0.02)])
def test_half_precision_gives_nearly_the_same_float32_logits(subject, policy, tolerance):
    network = subject.build(policy=policy)
    network.set_weights(subject.network.get_weights())
    assert network.get_layer(models.FEATURES).compute_dtype == policy.removeprefix("mixed_")
    expected, got = subject.network(subject.slices), network(subject.slices)
    assert keras.backend.standardize_dtype(got.dtype) == "float32"
    assert np.abs(got - expected).max() <= tolerance * np.abs(expected - np.mean(expected)).max()
    assert not np.array_equal(got, expected), "it was computed in float32"
