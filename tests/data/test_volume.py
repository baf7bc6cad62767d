import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError
from tfpartial.data.volume import from_lps, lps_array, read_image, read_label, read_volume, to_hu, to_lps
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable

ORGANS = OrganTable(("liver", "spleen"))
PIR = Geometry((4, 3, 2), (1.0, 2.0, 3.0), (5.0, 6.0, 7.0), (0.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0))


def write(path, array, geometry=None):
    image = sitk.GetImageFromArray(array)
    sitk.WriteImage(geometry.stamp(image) if geometry else image, str(path))
    return path


def test_to_lps_and_from_lps_keep_voxels_and_grid():
    stored = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    image = PIR.stamp(sitk.GetImageFromArray(stored))
    lps = to_lps(image)
    assert Geometry.of(lps).orientation == "LPS"
    back = from_lps(lps, PIR)
    assert Geometry.of(back) == PIR
    assert back.GetPixelID() == image.GetPixelID()
    np.testing.assert_array_equal(sitk.GetArrayFromImage(back), stored)


def test_the_anterior_first_left_voxel_comes_first_in_lps():
    # PIR: stored axes run towards posterior, inferior, right
    stored = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    image = PIR.stamp(sitk.GetImageFromArray(stored))
    array = lps_array(image)  # [z towards head, y towards posterior, x towards left]
    assert array.shape == (3, 4, 2)
    assert array[0, 0, 0] == stored[1, 2, 0]
    assert array[2, 3, 1] == stored[0, 0, 3]


def test_reads_channels_into_the_last_axis(tmp_path):
    stored = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    paths = [write(tmp_path / f"{number}.nii.gz", stored + number, PIR) for number in range(2)]
    volume = read_volume(paths)
    assert volume.array.shape == (3, 4, 2, 2)
    assert volume.array.dtype == np.int16
    np.testing.assert_array_equal(volume.array[..., 1], volume.array[..., 0] + 1)
    assert volume.spacing_mm_zyx == (2.0, 1.0, 3.0)
    assert volume.native.orientation == "PIR"


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([-1024.0, 0.4, 0.6, 1e9], np.float32, [-1024, 0, 1, 32767]),
        ([-1e9, 2.5, 3.5, -0.5], np.float64, [-32768, 2, 4, 0]),
        ([0, 1, 200, 255], np.uint8, [0, 1, 200, 255]),
        ([0, 1, 65535, 40000], np.uint16, [0, 1, 32767, 32767]),
        ([-100000, -5, 5, 100000], np.int32, [-32768, -5, 5, 32767]),
        ([0, 5, 7, 2**40], np.uint64, [0, 5, 7, 32767]),
    ],
)
def test_any_number_becomes_int16_hu(tmp_path, values, dtype, expected):
    hu = to_hu(np.array(values, dtype), tmp_path)
    assert hu.dtype == np.int16
    assert hu.tolist() == expected


def test_refuses_nan_where_itk_shows_it(tmp_path):
    path = write(tmp_path / "a.mha", np.full((2, 2, 2), np.nan, np.float32))
    with pytest.raises(FileError, match="8 voxels are NaN or infinite"):
        read_volume([path])


def test_channels_on_different_grids_are_named_with_both_values(tmp_path):
    first = write(tmp_path / "0.nii.gz", np.zeros((2, 3, 4), np.int16))
    second = write(tmp_path / "1.nii.gz", np.zeros((2, 3, 5), np.int16))
    with pytest.raises(TfpartialError, match=r"channels .*0.nii.gz and .*1.nii.gz: sizes differ: \(4, 3, 2\) and \(5, 3, 2\)"):
        read_volume([first, second])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [("no.nii.gz", None, "no such file"), ("text.nii", b"x" * 900, "cannot be read: Unable to determine ImageIO reader")],
)
def test_an_unreadable_file_is_one_line_with_its_name(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match=message) as caught:
        read_image(tmp_path / name)
    assert str(caught.value).startswith(str(tmp_path / name))
    assert "\n" not in str(caught.value)


def test_a_label_within_the_tolerance_takes_the_grid_of_its_image(tmp_path):
    label = np.zeros((2, 3, 4), np.uint8)
    label[1, 2, 3] = 2
    moved = Geometry(PIR.size_xyz, PIR.spacing_mm_xyz, (5.0, 6.0, 7.09), PIR.direction)
    path = write(tmp_path / "label.nii.gz", label, moved)
    codes = read_label(path, PIR, 0.1, ORGANS)
    np.testing.assert_array_equal(codes, PIR.to_lps(label))
    with pytest.raises(TfpartialError, match=r"up to 0.09 mm apart \(tolerance 0.05 mm\)"):
        read_label(path, PIR, 0.05, ORGANS)


def test_a_label_may_be_stored_in_another_orientation(tmp_path):
    stored = np.arange(24, dtype=np.uint8).reshape(2, 3, 4) % 3
    image = to_lps(PIR.stamp(sitk.GetImageFromArray(stored)))
    sitk.WriteImage(sitk.DICOMOrient(image, "RAS"), str(tmp_path / "label.nii.gz"))
    np.testing.assert_array_equal(read_label(tmp_path / "label.nii.gz", PIR, 0.01, ORGANS), PIR.to_lps(stored))


def test_the_ignore_value_becomes_255(tmp_path):
    path = write(tmp_path / "label.nii.gz", np.array([[[0, 1, 2, 3]]], np.int16))
    geometry = Geometry((4, 1, 1), (1.0, 1.0, 1.0))
    assert read_label(path, geometry, 0.1, ORGANS, ignore_value=3).tolist() == [[[0, 1, 2, 255]]]
    with pytest.raises(FileError, match=r"label values 3 \(1 voxels\) are outside the organ table; expected 0..2"):
        read_label(path, geometry, 0.1, ORGANS)


@given(st.sampled_from([np.int16, np.int32, np.float32, np.uint8]), st.integers(0, 2**32 - 1))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nifti_on_disk_comes_back_as_it_was(tmp_path, dtype, seed):
    stored = np.random.default_rng(seed).integers(0, 256, (2, 3, 4)).astype(dtype)
    path = write(tmp_path / "a.nii.gz", stored, PIR)
    np.testing.assert_array_equal(read_volume([path]).array[..., 0], PIR.to_lps(stored))
