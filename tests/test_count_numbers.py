import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tfpartial.labels import count_numbers


@given(hnp.arrays(np.uint8, hnp.array_shapes(max_dims=3, max_side=6)), st.integers(1, 300))
def test_equals_bincount(numbers, length):
    np.testing.assert_array_equal(count_numbers(numbers, length), np.bincount(numbers.ravel(), minlength=length))


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int64])
def test_takes_any_type_of_whole_numbers(dtype):
    assert count_numbers(np.array([[0, 3], [3, 1]], dtype)).tolist() == [1, 1, 0, 2]
