import numpy as np
import pytest

from tfpartial.data.formats.label_values import TABLE, count_values, look_up, ranges, require_listed
from tfpartial.data.problem import FileError

DTYPES = [np.uint8, np.int16, np.uint16, np.int32, np.int64, np.float32, np.float64]


def label(*slices, dtype=np.uint8):
    return np.array(slices, dtype)[:, np.newaxis]


@pytest.mark.parametrize("dtype", DTYPES)
def test_any_dtype_gives_the_same_counts_and_codes(tmp_path, dtype):
    voxels = label([0, 1, 2, 3], [2, 2, 0, 0], dtype=dtype)
    counts = count_values(voxels, tmp_path)
    assert counts == {0: 3, 1: 1, 2: 3, 3: 1}
    codes = look_up(voxels, {1: 7, 3: 255, 9: 4}, counts)
    assert codes.dtype == np.uint8
    assert codes.tolist() == [[[0, 7, 0, 255]], [[0, 0, 0, 0]]]


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.float64])
@pytest.mark.parametrize("far", [-1, TABLE])
def test_values_beyond_the_table_are_looked_up_as_well(tmp_path, dtype, far):
    voxels = label([0, 1, far, 0], dtype=dtype)
    assert look_up(voxels, {1: 7, far: 255}, count_values(voxels, tmp_path)).tolist() == [[[0, 7, 255, 0]]]


def test_views_in_any_order_are_counted(tmp_path):
    voxels = label([0, 1, 1], [2, 0, 1])[::-1, :, ::-1].transpose(2, 0, 1)
    counts = count_values(voxels, tmp_path)
    assert counts == {0: 2, 1: 3, 2: 1}
    assert np.array_equal(look_up(voxels, {1: 1, 2: 2}, counts), voxels)


@pytest.mark.parametrize(
    ("values", "dtype", "kind", "message"),
    [
        ([np.nan, np.nan, np.inf], np.float32, "not_finite", r"label values .* \(6 voxels\) are not finite"),
        ([0.5, 1.25, 1], np.float64, "fractional_label", r"label values 0\.5, 1\.25 \(4 voxels\) are fractions; a label map"),
        ([-1, 3, 2], np.int16, "unknown_label", r"label values -1, 3 \(4 voxels\) stand for no organ; expected 0\.\.2$"),
        ([TABLE, 0, 0], np.int32, "unknown_label", r"label values 65536 \(2 voxels\)"),
        ([2.0**70, 0, 0], np.float64, "unknown_label", r"\(2 voxels\) stand for no organ"),
    ],
)
def test_wrong_values_are_counted_over_all_slices(tmp_path, values, dtype, kind, message):
    with pytest.raises(FileError, match=message) as caught:
        require_listed(count_values(label(values, values, dtype=dtype), tmp_path), [1, 2], tmp_path)
    assert caught.value.kind == kind


def test_many_wrong_values_are_not_all_listed(tmp_path):
    with pytest.raises(FileError, match=r"label values 3, 4, 5, 6, 7, \.\.\. \(8 voxels\)"):
        require_listed(count_values(label(range(3, 11)), tmp_path), [1, 2], tmp_path)


def test_neighbours_are_drawn_together():
    assert ranges([7, 1, 0, 2, 255, 254]) == "0..2, 7, 254..255"
