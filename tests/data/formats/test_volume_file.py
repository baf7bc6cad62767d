import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial.data.formats.volume_file import VolumeFile
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError

LPS = Geometry((4, 3, 5), (1.0, 2.0, 3.0))


def write(path, array):
    sitk.WriteImage(LPS.stamp(sitk.GetImageFromArray(array)), str(path))
    return path


def numbers(dtype=np.int16):
    return np.arange(60).reshape(5, 3, 4).astype(dtype)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [("no.nii.gz", None, "no such file"), ("text.nii", b"x" * 900, "is no NIfTI file")],
)
def test_an_unreadable_file_is_one_line_with_its_name(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match=message) as caught:
        VolumeFile(tmp_path / name)
    assert str(caught.value).startswith(str(tmp_path / name))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_every_format_gives_the_voxels_that_were_written(tmp_path, ending, dtype):
    opened = VolumeFile(write(tmp_path / f"a{ending}", numbers(dtype)))
    assert opened.native == LPS
    starts, slabs = zip(*opened.slabs(2), strict=True)
    assert starts == (0, 2, 4)
    np.testing.assert_array_equal(np.concatenate(slabs), numbers())


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_a_nifti_file_that_ends_early_is_truncated(tmp_path, ending):
    path = write(tmp_path / f"a{ending}", numbers())
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(FileError, match="ends early") as caught:
        list(VolumeFile(path).slabs(2))
    assert caught.value.kind == "truncated"


def test_the_checksum_at_the_end_of_a_gzip_file_is_read(tmp_path):
    path = tmp_path / "a.nii.gz"  # so large that ITK does not come to its end when it reads the header
    sitk.WriteImage(sitk.GetImageFromArray(np.random.default_rng(0).integers(0, 999, (9, 200, 200)).astype(np.int16)), str(path))
    content = bytearray(path.read_bytes())
    content[-6] ^= 1
    path.write_bytes(content)
    with pytest.raises(FileError, match="is no sound gzip file"):
        list(VolumeFile(path).slabs(2))


def test_nan_in_a_nifti_file_is_seen(tmp_path):
    voxels = numbers(np.float32)
    voxels[3, 1, 2] = np.nan
    with pytest.raises(FileError, match="1 voxels are NaN or infinite"):
        list(VolumeFile(write(tmp_path / "a.nii.gz", voxels)).slabs(2))


@pytest.mark.parametrize("ending", [".nii.gz", ".nii", ".mha", ".nrrd"])
@pytest.mark.parametrize("upside_down", [False, True])
def test_a_fourth_axis_of_length_1_is_left_out(tmp_path, ending, upside_down):
    grid = Geometry(
        (4, 3, 5), (1.0, 2.0, 3.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -1.0 if upside_down else 1.0)
    )
    stored = sitk.JoinSeries([grid.stamp(sitk.GetImageFromArray(numbers()))])
    assert stored.GetDimension() == 4
    path = tmp_path / f"a{ending}"
    sitk.WriteImage(stored, str(path))
    opened = VolumeFile(path)
    assert opened.native == grid
    slabs = np.concatenate([slab for _, slab in opened.slabs(2)])
    np.testing.assert_array_equal(slabs, numbers()[::-1] if upside_down else numbers())
