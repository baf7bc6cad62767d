"""The one-pass reader gives what SimpleITK gives."""

import struct

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial.data.formats import nifti_reader

SHAPE = (5, 4, 3)


def write(path, dtype=np.int16):
    voxels = np.random.default_rng(0).integers(0, 200, SHAPE).astype(dtype)
    sitk.WriteImage(sitk.GetImageFromArray(voxels), str(path))
    return path


def read(path, size=2):
    return np.concatenate(list(nifti_reader.slabs(path, nifti_reader.read_start(path), size)))


def with_scaling(path, slope, intercept):
    content = bytearray(path.read_bytes())
    struct.pack_into("<2f", content, 112, slope, intercept)  # scl_slope, scl_inter
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("size", [1, 2, 5, 9])
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16, np.int32, np.uint32, np.float32, np.float64])
def test_equals_simpleitk_for_every_type(tmp_path, dtype, size):
    path = write(tmp_path / "a.nii.gz", dtype)
    expected = sitk.GetArrayFromImage(sitk.ReadImage(str(path)))
    np.testing.assert_array_equal(read(path, size), expected)
    assert read(path, size).dtype == expected.dtype


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.0, 0.0), (1.0, -1024.0), (0.5, 3.0), (2.0, -1000.25)])
def test_scales_as_simpleitk_does(tmp_path, slope, intercept):
    path = with_scaling(write(tmp_path / "a.nii"), slope, intercept)
    np.testing.assert_allclose(read(path), sitk.GetArrayFromImage(sitk.ReadImage(str(path))), rtol=0, atol=1e-4)


def test_a_slope_of_0_means_no_scaling_at_all(tmp_path):
    path = write(tmp_path / "a.nii")
    stored = read(path)
    np.testing.assert_array_equal(read(with_scaling(path, 0.0, 7.0)), stored)  # the standard; ITK would add 7


def test_reads_the_other_byte_order(tmp_path):
    path = tmp_path / "a.nii"
    voxels = np.arange(24, dtype=">i2").reshape(2, 3, 4)
    header = bytearray(352)
    struct.pack_into(">i", header, 0, 348)
    struct.pack_into(">8h", header, 40, 3, 4, 3, 2, 1, 1, 1, 1)
    struct.pack_into(">2h", header, 70, 4, 16)
    struct.pack_into(">3f", header, 108, 352, 1, 0)
    path.write_bytes(bytes(header) + voxels.tobytes())
    np.testing.assert_array_equal(read(path), voxels)
    assert read(path).dtype == np.dtype("i2")


def test_leaves_other_files_to_others(tmp_path):
    (tmp_path / "text.nii").write_bytes(b"no header at all")
    assert nifti_reader.read_start(tmp_path / "text.nii") is None
    assert nifti_reader.read_start(write(tmp_path / "a.mha")) is None
