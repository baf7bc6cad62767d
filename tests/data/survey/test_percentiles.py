import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tfpartial.data.survey.percentiles import float_percentiles

REALS = st.floats(-(2.0**90), 2.0**90, width=32) | st.sampled_from([-1.0, -0.0, 0.0, 0.25, 1.0])
PARTS = st.lists(arrays(np.float32, st.integers(1, 30), elements=REALS), min_size=1, max_size=4)


@given(PARTS, st.lists(st.floats(0, 100), min_size=1, max_size=4))
def test_percentiles_are_numpys(parts, shares):
    expected = np.percentile(np.concatenate(parts).astype(np.float64), shares)
    assert float_percentiles(lambda: parts, shares) == pytest.approx(expected.tolist(), rel=1e-9, abs=1e-9)


def test_fractions_and_whole_numbers_beyond_int16():
    assert float_percentiles(lambda: [np.array([0.25, 0.5], np.float64), np.array([[0.75]])], (0, 50, 100)) == [0.25, 0.5, 0.75]
    assert float_percentiles(lambda: [np.array([0, 60000, 65535], np.uint16)], (50, 100)) == [60000, 65535]


def test_no_voxel_has_no_percentile():
    assert np.isnan(float_percentiles(lambda: [], (0, 50))).all()
