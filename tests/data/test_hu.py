import numpy as np
import pytest

from tfpartial.data.hu import hu_histogram, window_statistics
from tfpartial.errors import TfpartialError


def test_counts_each_value_and_what_is_outside_at_the_ends():
    histogram = hu_histogram(np.array([[-32768, -1024, 0], [0, 3071, 32767]], np.int16))
    assert histogram.shape == (4096,)
    assert histogram[[0, 1024, 4095]].tolist() == [2, 2, 2]
    assert histogram.sum() == 6


def test_statistics_are_those_of_the_clipped_voxels():
    hu = np.array([-1000, -200, 0, 100, 700], np.int16)
    clipped = np.clip(hu, -160, 300)
    mean, sd = window_statistics(hu_histogram(hu), (-160.0, 300.0))
    assert mean == pytest.approx(16.0)  # (-160 - 160 + 0 + 100 + 300) / 5
    assert sd == pytest.approx(clipped.std())


@pytest.mark.parametrize(
    ("hu", "window", "message"),
    [
        ([], (-160.0, 300.0), "the histogram has no voxel"),
        ([0, 1], (300.0, -160.0), "expected lowest < highest, got 300, -160"),
        ([-1000, -900], (-160.0, 300.0), r"all voxels have the value -160 inside -160\.\.300"),
    ],
)
def test_says_what_is_wrong_with_a_window(hu, window, message):
    with pytest.raises(TfpartialError, match=message):
        window_statistics(hu_histogram(np.array(hu, np.int16)), window)
