import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tfpartial.data.files import ImageFile
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError
from tfpartial.data.volumes.volume import read_volume

PIR = Geometry((4, 3, 2), (1.0, 2.0, 3.0), (5.0, 6.0, 7.0), (0.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0))


def write(path, array, geometry=None):
    image = sitk.GetImageFromArray(array)
    sitk.WriteImage(geometry.stamp(image) if geometry else image, str(path))
    return path


def test_reads_channels_into_the_last_axis(tmp_path):
    stored = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    paths = [write(tmp_path / f"{number}.nii.gz", stored + number, PIR) for number in range(2)]
    volume = read_volume([ImageFile(path) for path in paths])
    assert volume.array.shape == (3, 4, 2, 2)
    assert volume.array.dtype == np.int16
    np.testing.assert_array_equal(volume.array[..., 1], volume.array[..., 0] + 1)
    assert volume.spacing_mm_zyx == (2.0, 1.0, 3.0)
    assert volume.native.orientation == "PIR"


def test_refuses_nan_where_itk_shows_it(tmp_path):
    path = write(tmp_path / "a.mha", np.full((2, 2, 2), np.nan, np.float32))
    with pytest.raises(FileError, match="8 voxels are NaN or infinite"):
        read_volume([ImageFile(path)])


@given(st.sampled_from([np.int16, np.int32, np.float32, np.uint8]), st.integers(0, 2**32 - 1))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nifti_on_disk_comes_back_as_it_was(tmp_path, dtype, seed):
    stored = np.random.default_rng(seed).integers(0, 256, (2, 3, 4)).astype(dtype)
    path = write(tmp_path / "a.nii.gz", stored, PIR)
    np.testing.assert_array_equal(read_volume([ImageFile(path)]).array[..., 0], PIR.to_lps(stored))
