import numpy as np
import pytest

from tfpartial.data.labelmap import TABLE, count_organs, to_codes
from tfpartial.data.problem import FileError
from tfpartial.labels import OrganTable

ORGANS = OrganTable(("liver", "spleen"))
DTYPES = [np.uint8, np.int16, np.uint16, np.int32, np.int64, np.float32, np.float64]


def label(*slices, dtype=np.uint8):
    return np.array(slices, dtype)[:, np.newaxis]


@pytest.mark.parametrize("dtype", DTYPES)
def test_any_dtype_gives_the_same_codes_and_counts(tmp_path, dtype):
    stored = label([0, 1, 2, 3], [2, 2, 0, 0], dtype=dtype)
    codes = to_codes(stored, tmp_path, ORGANS, ignore_value=3)
    assert codes.dtype == np.uint8
    assert codes.tolist() == [[[0, 1, 2, 255]], [[2, 2, 0, 0]]]
    assert count_organs(stored, tmp_path, ORGANS, ignore_value=3) == {"liver": 1, "spleen": 3}


def test_absent_organs_count_none(tmp_path):
    assert count_organs(label([0, 2]), tmp_path, ORGANS, None) == {"liver": 0, "spleen": 1}


@pytest.mark.parametrize(
    ("values", "dtype", "kind", "message"),
    [
        ([np.nan, np.nan, np.inf], np.float32, "not_finite", r"label values .* \(6 voxels\) are not finite"),
        ([0.5, 1.25, 1], np.float64, "fractional_label", r"label values 0\.5, 1\.25 \(4 voxels\) are fractions"),
        ([-1, 3, 2], np.int16, "unknown_label", r"label values -1, 3 \(4 voxels\) are outside the organ table; expected 0\.\.2$"),
        ([TABLE, 0, 0], np.int32, "unknown_label", r"label values 65536 \(2 voxels\)"),
        ([2.0**70, 0, 0], np.float64, "unknown_label", r"\(2 voxels\) are outside"),
    ],
)
def test_wrong_values_are_counted_over_all_slices(tmp_path, values, dtype, kind, message):
    with pytest.raises(FileError, match=message) as caught:
        to_codes(label(values, values, dtype=dtype), tmp_path, ORGANS, None)
    assert caught.value.kind == kind


def test_many_wrong_values_are_not_all_listed(tmp_path):
    with pytest.raises(FileError, match=r"label values 3, 4, 5, 6, 7, \.\.\. \(8 voxels\)"):
        to_codes(label(range(3, 11)), tmp_path, ORGANS, None)
