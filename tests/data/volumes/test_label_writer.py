import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial.data.geometry import Geometry
from tfpartial.data.volumes.label_writer import LabelWriter
from tfpartial.errors import TfpartialError

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


@pytest.mark.parametrize("orientation", DIRECTIONS)
def test_a_label_map_comes_back_on_the_native_grid(tmp_path, orientation):
    native = Geometry.of(read_by_itk(write(tmp_path / "image.nii.gz", geometry_of(orientation))))
    label = np.random.default_rng(1).integers(0, 8, native.shape_zyx).astype(np.uint8)
    with LabelWriter(tmp_path / "out" / "label.nii.gz", native) as writer:
        for start in reversed(range(0, len(label), 3)):  # in any order
            writer.write(start, label[start : start + 3])
    image = read_by_itk(tmp_path / "out" / "label.nii.gz")
    assert Geometry.of(image) == native
    assert image.GetPixelID() == sitk.sitkUInt8
    np.testing.assert_array_equal(native.to_lps(sitk.GetArrayFromImage(image)), label)


def test_leaves_nothing_when_an_exception_passes(tmp_path):
    with pytest.raises(KeyboardInterrupt), LabelWriter(tmp_path / "label.nii.gz", geometry_of("LPS")) as writer:
        writer.write(0, np.zeros((7, 5, 4), np.uint8))
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_leaves_nothing_when_slices_are_missing(tmp_path):
    writer = LabelWriter(tmp_path / "label.nii.gz", geometry_of("LPS"))
    writer.write(0, np.zeros((5, 5, 4), np.uint8))
    with pytest.raises(TfpartialError, match="2 slices were not written, the first is 5"):
        writer.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("start", "shape", "dtype"),
    [(0, (2, 4, 5), np.uint8), (6, (2, 5, 4), np.uint8), (-1, (2, 5, 4), np.uint8), (0, (2, 5, 4), np.int64)],
)
def test_refuses_a_slab_that_does_not_fit(tmp_path, start, shape, dtype):
    writer = LabelWriter(tmp_path / "label.nii.gz", geometry_of("LPS"))
    with pytest.raises(TfpartialError, match=r"expected uint8 slices \[n, 5, 4\] within 0..7, got"):
        writer.write(start, np.zeros(shape, dtype))


def test_a_format_that_cannot_be_written_is_named(tmp_path):
    writer = LabelWriter(tmp_path / "label.unknown", geometry_of("LPS"))
    writer.write(0, np.zeros((7, 5, 4), np.uint8))
    with pytest.raises(TfpartialError, match=r"label\.unknown: cannot be written"):
        writer.close()
    assert list(tmp_path.iterdir()) == []
