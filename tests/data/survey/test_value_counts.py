import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tfpartial.data.survey.value_counts import ValueCounts, count_table

VOXELS = arrays(np.int16, st.integers(1, 60), elements=st.integers(-32768, 32767) | st.integers(-3, 3))


def counts(numbers):
    return ValueCounts.of_table(count_table(np.asarray(numbers, np.int16)))


def test_counts_every_number_of_int16():
    found = counts([[-32768, 5], [5, 32767]])
    assert found.values.tolist() == [-32768, 5, 32767]
    assert found.values.dtype == np.int16
    assert found.counts.tolist() == [1, 2, 1]
    assert found.total == 4


@given(VOXELS, st.lists(st.floats(0, 100), min_size=1, max_size=5))
def test_statistics_are_numpys(voxels, shares):
    found = counts(voxels)
    assert found.mean == pytest.approx(voxels.mean(dtype=np.float64))
    assert found.sd == pytest.approx(voxels.std(dtype=np.float64))
    assert found.percentiles(shares) == pytest.approx(np.percentile(voxels.astype(np.float64), shares).tolist())


@given(st.lists(VOXELS, min_size=1, max_size=4))
def test_the_sum_is_that_of_all_voxels_in_any_order(parts):
    for order in (parts, parts[::-1]):
        added, whole = ValueCounts.sum(counts(part) for part in order), counts(np.concatenate(parts))
        np.testing.assert_array_equal(added.values, whole.values)
        np.testing.assert_array_equal(added.counts, whole.counts)


def test_no_voxel_has_no_statistics():
    found = counts([])
    assert found.total == 0
    assert np.isnan([found.mean, found.sd, *found.percentiles([5, 50])]).all()
