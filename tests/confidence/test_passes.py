"""The standard deviation over passes, one pass after the other."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.confidence.passes import Spread, spread_over


def voxel(value):
    return np.full((1, 1, 1, 1), value, "float32")


def confidence(values, seen):
    spread = Spread(voxel(0), voxel(0), voxel(0))
    for value, counts in zip(values, seen, strict=True):
        spread = spread.add(voxel(value), voxel(counts))
    return float(np.squeeze(spread.confidence()))


@given(st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=2, max_size=10))
def test_is_one_minus_twice_the_standard_deviation_of_the_passes_that_count(passes):
    values, seen = (np.array(part) for part in zip(*passes, strict=True))
    expected = 1 - 2 * values[seen].astype("float64").std() if seen.sum() >= 2 else 0.0
    assert confidence(values, seen) == pytest.approx(expected, abs=1e-5)
    assert 0 <= confidence(values, seen) <= 1


def test_tells_small_variances_apart():
    nearly_one = np.array([1 - 1e-6, 1 - 3e-6], "float32")
    assert confidence(nearly_one, [1, 1]) == pytest.approx(1 - 2 * nearly_one.std(), abs=2e-7)
    assert confidence(nearly_one, [1, 1]) < 1


def test_the_loop_gives_each_pass_its_number():
    numbers = spread_over(5, lambda number: (tf.cast(number, "float32") + voxel(0), voxel(1)), Spread.of(voxel(2)))
    assert float(np.squeeze(numbers.mean)) == pytest.approx(np.mean([2, 0, 1, 2, 3, 4]))
    assert float(np.squeeze(numbers.count)) == 6
