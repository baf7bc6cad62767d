from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from PIL import Image

from tfpartial.data.files import NONZERO
from tfpartial.data.formats.label import open_label
from tfpartial.data.formats.label_values import near_whole
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError

VALUES = np.array([[[0, 1, 1], [2, 0, 0]], [[0, 0, 0], [0, 0, 2]]], np.uint8)
GRID = Geometry((3, 2, 2), (1.0, 2.0, 3.0), (5.0, 6.0, 7.0))
UPSIDE_DOWN = Geometry((3, 2, 2), (1.0, 2.0, 3.0), direction=(1, 0, 0, 0, 1, 0, 0, 0, -1))


def volume(path: Path, grid: Geometry = GRID, values: np.ndarray = VALUES) -> Path:
    sitk.WriteImage(grid.stamp(sitk.GetImageFromArray(values)), str(path))
    return path


def picture(path: Path, values: np.ndarray = VALUES[0]) -> Path:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(values).save(path)
    return path


@pytest.mark.parametrize("ending", ["nii.gz", "nii", "nrrd", "mha", "mhd"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float64])
def test_volume_files_give_their_values(tmp_path, ending, dtype):
    label = open_label(volume(tmp_path / f"label.{ending}", values=VALUES.astype(dtype)))
    assert label.keys() == (1, 2)
    assert np.array_equal(label.mask(1, GRID), VALUES == 1)
    assert np.array_equal(label.mask(NONZERO, GRID), VALUES > 0)
    assert label.history[0].name == "read"


def test_masks_are_given_in_lps(tmp_path):
    label = open_label(volume(tmp_path / "label.nrrd", UPSIDE_DOWN))
    assert np.array_equal(label.mask(2, UPSIDE_DOWN), (VALUES == 2)[::-1])


def test_a_picture_lies_on_the_one_slice_of_the_image(tmp_path):
    label = open_label(picture(tmp_path / "label.png"))
    assert label.native is None
    assert np.array_equal(label.mask(1, Geometry((3, 2, 1), (1.0, 1.0, 1.0))), VALUES[:1] == 1)


def test_a_palette_keeps_its_numbers(tmp_path):
    indexed = Image.fromarray(VALUES[0], "P")
    indexed.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    indexed.save(tmp_path / "label.png")
    assert open_label(tmp_path / "label.png").keys() == (1, 2)


def test_pictures_lie_on_the_stored_slices_in_the_order_of_their_names(tmp_path):
    for number, values in ((10, VALUES[1]), (9, VALUES[0])):
        picture(tmp_path / "ground" / f"liver_{number}.png", values)
    label = open_label(tmp_path / "ground")
    assert np.array_equal(label.mask(2, GRID), VALUES == 2)
    assert np.array_equal(label.mask(2, UPSIDE_DOWN), (VALUES == 2)[::-1])


def test_pictures_follow_the_names_of_the_dicom_files_not_their_positions(tmp_path):
    slices = [np.full((2, 3), number, np.uint8) for number in (1, 2, 3)]
    for number, values in enumerate(slices):
        picture(tmp_path / "ground" / f"liver_GT_{number:03}.png", values)
    by_position = [tmp_path / f"i{number:04},0000b.dcm" for number in (2, 0, 1)]
    label = open_label(tmp_path / "ground", by_position)
    like = Geometry((3, 2, 3), (1.0, 1.0, 1.0))
    assert [int(np.flatnonzero(label.mask(value, like).any(axis=(1, 2)))[0]) for value in (3, 1, 2)] == [0, 1, 2]


def refused(kind, message, path, read=True):
    with pytest.raises(FileError, match=message) as caught:
        label = open_label(path)
        if read:
            label.mask(1, GRID)
    assert caught.value.kind == kind


def test_pictures_that_do_not_fit_the_image_are_refused(tmp_path):
    message = r"the image has 2 slices of 2 × 3 \(rows × columns\), the label 1 slice of 2 × 3"
    refused("label_grid", message, picture(tmp_path / "label.png"))
    refused("label_grid", message, picture(tmp_path / "ground" / "label.png").parent)


def test_pictures_in_colours_are_refused(tmp_path):
    message = r"expected one number per pixel \(grey, or a palette\), got 3: a picture in colours"
    refused("not_scalar", message, picture(tmp_path / "label.png", np.zeros((2, 3, 3), np.uint8)))


def test_lossy_pictures_are_refused(tmp_path):
    refused("lossy_label", "JPEG changes the values that were drawn", picture(tmp_path / "label.jpg"), read=False)


def test_a_missing_file_is_refused(tmp_path):
    refused("missing_file", "no such file", tmp_path / "label.nii.gz", read=False)


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "label.txt").write_text("no volume")
    refused("unknown_format", r"expected a volume file \(\.nii\.gz, ", tmp_path / "label.txt", read=False)


@pytest.mark.parametrize("factor", [0.9999999, 1.0000001, 1.00002])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_that_are_nearly_whole_are_rounded_and_that_is_said(tmp_path, factor, dtype):
    label = open_label(volume(tmp_path / "label.nrrd", values=VALUES * dtype(factor)))
    plain = open_label(volume(tmp_path / "plain.nrrd", values=VALUES.astype(dtype)))
    assert label.counts == plain.counts
    for key in (1, 2):
        assert np.array_equal(label.mask(key, GRID), plain.mask(key, GRID))
    assert [step.name for step in plain.history] == ["read"]
    step = label.history[-1]
    assert step.name == "round"
    assert step.detail["largest_difference"] == pytest.approx(VALUES.max() * abs(dtype(factor) - 1), rel=0.5)
    assert step.warning.startswith("values that are not quite whole, by up to ")


@pytest.mark.parametrize("far", [0.999, 1.5, np.nan, np.inf])
def test_one_value_far_from_whole_leaves_the_others_as_they_are(far):
    voxels = np.array([0.9999999, far])
    assert near_whole(voxels)[0] is voxels


def test_fractions_and_what_is_no_number_are_refused(tmp_path):
    path = volume(tmp_path / "half.nrrd", values=VALUES * np.float32(0.5))
    refused("fractional_label", r"label values 0\.5 \(2 voxels\) are fractions", path)
    values = np.where(VALUES == 2, np.nan, VALUES).astype(np.float32)
    refused("not_finite", r"2 voxels are NaN or infinite", volume(tmp_path / "nan.nrrd", values=values))
    refused("not_finite", r"2 voxels are NaN or infinite", volume(tmp_path / "nan.nii.gz", values=values))


def test_volumes_of_other_dimensions_are_refused(tmp_path):
    sitk.WriteImage(sitk.Image([3, 2, 2, 2], sitk.sitkUInt8), str(tmp_path / "label.nii.gz"))
    refused("not_3d", r"expected a 3D volume, got 4D of 3 × 2 × 2 × 2 voxels", tmp_path / "label.nii.gz", read=False)
    sitk.WriteImage(sitk.Image([3, 2, 2], sitk.sitkVectorUInt8, 3), str(tmp_path / "label.mha"))
    refused("not_scalar", r"expected one number per voxel, got 3", tmp_path / "label.mha", read=False)


def test_a_value_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(FileError, match=r"has no segment '7'; its segments: '1', '2'"):
        open_label(volume(tmp_path / "label.nrrd")).mask(7, GRID)
