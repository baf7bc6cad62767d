import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial.data.files import ImageFile, Step
from tfpartial.data.geometry import Geometry
from tfpartial.data.number_map import to_hu
from tfpartial.data.problem import FileError
from tfpartial.data.volumes.slabs import SlabReader

DIRECTIONS = {
    "LPS": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
    "RAI": (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, -1.0),
    "PIR": (0.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0),
    "SLP": (0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0),
}


def read_by_itk(path):
    return sitk.ReadImage(str(path))


def geometry_of(orientation: str) -> Geometry:
    geometry = Geometry((4, 5, 7), (1.0, 2.0, 3.0), (5.0, -6.0, 7.0), DIRECTIONS[orientation])
    assert geometry.orientation == orientation
    return geometry


def write(path, geometry, seed=0):
    array = np.random.default_rng(seed).integers(-1000, 1000, geometry.size_xyz[::-1]).astype(np.int16)
    sitk.WriteImage(geometry.stamp(sitk.GetImageFromArray(array)), str(path))
    return path


@pytest.mark.parametrize("size", [1, 3, 7, 100])
@pytest.mark.parametrize("orientation", DIRECTIONS)
def test_slabs_are_the_volume_from_the_feet_to_the_head(tmp_path, orientation, size):
    native = geometry_of(orientation)
    images = [ImageFile(write(tmp_path / f"{seed}.nii.gz", native, seed)) for seed in range(2)]
    by_itk = [native.to_lps(sitk.GetArrayFromImage(sitk.ReadImage(str(image.path)))) for image in images]
    expected = np.stack(by_itk, axis=-1)
    reader = SlabReader(images)
    assert (*reader.shape_zyx, 2) == expected.shape
    starts, slabs = zip(*reader.slabs(size), strict=True)
    assert list(starts) == list(range(0, reader.shape_zyx[0], size))
    np.testing.assert_array_equal(np.concatenate(slabs), expected)
    assert all(slab.dtype == np.int16 and len(slab) <= size for slab in slabs)


def test_channels_may_be_stored_in_different_orientations(tmp_path):
    first = write(tmp_path / "0.nii.gz", geometry_of("LPS"))
    second = tmp_path / "1.nii.gz"
    sitk.WriteImage(sitk.DICOMOrient(read_by_itk(first), "RAI"), str(second))
    (_, slab), *_ = SlabReader([ImageFile(first), ImageFile(second)]).slabs(3)
    np.testing.assert_array_equal(slab[..., 0], slab[..., 1])


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
def test_any_number_becomes_int16_hu(values, dtype, expected):
    hu, clipped = to_hu(np.array(values, dtype))
    assert hu.dtype == np.int16
    assert hu.tolist() == expected
    assert clipped == sum(abs(value) > 32768 for value in values)


def test_channels_on_different_grids_are_named_with_both_values(tmp_path):
    first = write(tmp_path / "0.nii.gz", Geometry((4, 3, 2), (1.0, 1.0, 1.0)))
    second = write(tmp_path / "1.nii.gz", Geometry((5, 3, 2), (1.0, 1.0, 1.0)))
    with pytest.raises(FileError, match=r"1.nii.gz: .* first channel .*0.nii.gz: sizes differ: \(4, 3, 2\) and \(5, 3, 2\)"):
        SlabReader([ImageFile(first), ImageFile(second)])


def test_tells_what_was_done_to_the_voxels(tmp_path):
    native = Geometry((2, 1, 1), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), DIRECTIONS["RAI"])
    path = tmp_path / "a.nii.gz"
    sitk.WriteImage(native.stamp(sitk.GetImageFromArray(np.array([[[24, 40000]]], np.uint16))), str(path))
    reader = SlabReader([ImageFile(path, rescale=(1.0, -1024.0))])
    ((_, slab),) = reader.slabs(5)
    assert slab[0, 0, :, 0].tolist() == [32767, -1000]
    assert reader.history == (
        Step("read", {"file": str(path), "format": "nii.gz", "voxels": "16-bit unsigned integer"}),
        Step("reorient", {"from": "RAI", "to": "LPS"}),
        Step("rescale", {"slope": 1.0, "intercept": -1024.0}),
        Step("clip", {"to": "int16", "voxels": 1}),
    )
