"""DICOM series: which files, their order, the grid and the grey values, on series made slice by slice and on real ones."""

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import dcmread
from pydicom.uid import RLELossless, RTStructureSetStorage, SegmentationStorage

from tfpartial.data.files import ImageFile
from tfpartial.data.formats.dicom_series import open_series
from tfpartial.data.geometry import Geometry, difference
from tfpartial.data.problem import FileError

OTHER = "1.2.826.0.1.3680043.8.498.2"
CORONAL = [1, 0, 0, 0, 0, -1]


def voxels(image, size=100):
    return np.concatenate([slab for _, slab in image.slabs(size)])


# Order, geometry, grey values


def test_orders_slices_by_position_and_not_by_name(series):
    series.write()
    image = series.open()
    np.testing.assert_array_equal(voxels(image), np.stack([series.stored(number) for number in range(3)]) - 1024)
    assert [path.name for path in image.slice_files] == ["03.dcm", "02.dcm", "01.dcm"]


def test_reads_the_grid_from_the_headers(series):
    series.write()
    assert series.open().native == Geometry((5, 4, 3), (1.0, 2.0, 3.0), (-10.0, -20.0, 0.0))


def test_slices_from_the_back_to_the_front_are_turned_to_lps(series):
    for number in range(3):
        series.add(f"{number}.dcm", series.stored(number), (-10, 3 * number, 50), ImageOrientationPatient=CORONAL)
    image = series.open()
    assert image.native.orientation == "LIP"  # rows to the left, columns to the feet, slices to the back
    array = voxels(image, 3)
    assert array.shape == image.native.shape_zyx == (4, 3, 5)
    # The lowest row is the last of each slice; y runs through the slices.
    np.testing.assert_array_equal(array[0], np.stack([series.stored(number)[-1] for number in range(3)]) - 1024)


def test_slices_that_are_seen_from_the_head_are_turned_to_lps(series):
    for number in range(3):
        series.add(f"{number}.dcm", series.stored(number), (10, -20, 3 * number), ImageOrientationPatient=[-1, 0, 0, 0, 1, 0])
    image = series.open()
    assert image.native.orientation == "RPI"
    expected = np.stack([series.stored(number)[:, ::-1] for number in range(3)]) - 1024
    for size in (1, 2, 3):
        np.testing.assert_array_equal(voxels(image, size), expected)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_slabs_together_are_the_volume(series, size):
    series.write(range(0, 21, 3))
    image = series.open()
    assert [start for start, _ in image.slabs(size)] == list(range(0, 7, size))
    np.testing.assert_array_equal(voxels(image, size), voxels(image))


def test_a_slab_opens_its_own_files_only(series):
    files = series.write()
    image = series.open()
    files[2].unlink()
    _, slab = next(image.slabs(2))
    np.testing.assert_array_equal(slab[1], series.stored(1) - 1024)


def test_every_slice_has_its_own_scale(series):
    series.add("a", series.stored(0), (0, 0, 0), RescaleSlope=1, RescaleIntercept=0)
    series.add("b", series.stored(0), (0, 0, 3), RescaleSlope=0.5, RescaleIntercept=-7)
    array = series.voxels()
    np.testing.assert_array_equal(array[0], series.stored(0))
    np.testing.assert_array_equal(array[1], series.stored(0) * 0.5 - 7)


@pytest.mark.parametrize("dtype", [np.int16, np.uint16])
def test_signed_and_unsigned_numbers_keep_their_values(series, dtype):
    limits = np.iinfo(dtype)
    stored = np.linspace(limits.min, limits.max, 20).round().astype(dtype).reshape(4, 5)
    series.add("a", stored, (0, 0, 0), RescaleIntercept=0)
    np.testing.assert_array_equal(series.voxels()[0], stored)


def test_missing_rescale_leaves_the_numbers_as_they_are(series):
    series.write(RescaleSlope=None, RescaleIntercept=None)
    np.testing.assert_array_equal(series.voxels()[1], series.stored(1))


def test_padding_below_air_becomes_air(series):
    stored = series.stored(0)
    stored[0, :3] = -2000, -1999, 500
    series.add("a", stored, (0, 0, 0), PixelPaddingValue=-2000)
    image = series.open()
    assert voxels(image)[0, 0, :3].tolist() == [-1024, -3023, -524]
    assert image.history[1].row() == {"step": "clip", "what": "PixelPaddingValue", "from": [-3024.0, -3024.0], "to": -1024.0}


def test_a_range_of_padding_becomes_air(series):
    stored = series.stored(0)
    stored[0, :3] = -2000, -1999, 500
    series.add("a", stored, (0, 0, 0), PixelPaddingValue=-1990, PixelPaddingRangeLimit=-2000)
    assert series.voxels()[0, 0, :3].tolist() == [-1024, -1024, -524]


@pytest.mark.parametrize(
    "elements", [{"RescaleIntercept": 0, "PixelPaddingValue": 3}, {"Modality": "MR", "PixelPaddingValue": 3}]
)
def test_padding_with_a_value_of_tissue_is_left_alone(series, elements):
    series.write(**elements)
    image = series.open()
    assert voxels(image)[0, 0, 3] == 3 + elements.get("RescaleIntercept", -1024)
    assert len(image.history) == 1


def test_air_is_air_of_the_scale_that_the_dataset_declares(series):
    stored = series.stored(0)
    stored[0, 0] = -2000
    series.add("a", stored, (0, 0, 0), PixelPaddingValue=-2000, RescaleIntercept=0)
    assert series.voxels(rescale=(1.0, -1024.0))[0, 0, 0] == 0


def test_compressed_slices_are_read(series):
    stored = np.random.default_rng(0).integers(-1000, 3000, (32, 32)).astype(np.int16)
    path = series.add("a", stored, (0, 0, 0))
    dataset = dcmread(path)
    dataset.compress(RLELossless)
    dataset.save_as(path)
    np.testing.assert_array_equal(series.voxels()[0], stored - 1024)


# Which files


def test_skips_what_is_no_image_and_says_so(series):
    series.write()
    (series.path / "LICENSE").write_text("free")
    (series.path / "._01.dcm").write_bytes(b"a finder's note")
    series.add("seg.dcm", series.stored(0), (0, 0, 0), SOPClassUID=SegmentationStorage, Modality="SEG")
    series.add(
        "rt", series.stored(0), (0, 0, 0), SOPClassUID=RTStructureSetStorage, Modality="RTSTRUCT", Rows=None, PixelData=None
    )
    (series.path / "subfolder").mkdir()
    image = series.open()
    assert image.native.shape_zyx == (3, 4, 5)
    assert image.history[0].detail["not_read"] == {"Segmentation Storage": 1, "RT Structure Set Storage": 1, "no DICOM": 1}


def test_reads_files_without_ending_and_without_preamble(series):
    for number, path in enumerate(series.write()):
        bare = path.read_bytes()[132:]
        path.unlink()
        (series.path / f"IM{number}").write_bytes(bare)
    np.testing.assert_array_equal(series.voxels()[2], series.stored(2) - 1024)


def test_takes_the_series_that_is_asked_for(series):
    series.write()
    series.add("other", series.stored(7), (0, 0, 0), SeriesInstanceUID=OTHER)
    np.testing.assert_array_equal(series.voxels(series=OTHER), series.stored(7)[np.newaxis] - 1024)
    assert series.open(series=series.SERIES).history[0].detail["series"] == series.SERIES


def test_slices_without_series_id_are_one_series_when_the_rest_agrees(series):
    series.write(SeriesInstanceUID=None)
    assert series.open().native.shape_zyx == (3, 4, 5)


def test_series_without_ids_are_told_apart_by_their_frames_of_reference(series):
    series.write(SeriesInstanceUID=None)
    series.add("other", series.stored(7), (0, 0, 0), SeriesInstanceUID=None, FrameOfReferenceUID=OTHER)
    with pytest.raises(FileError, match=r"without-uid-1 \(CT, 'abdomen', 3 slices\); without-uid-2 \(CT, 'abdomen', 1 slices\)"):
        series.open()
    assert series.open(series="without-uid-2").native.shape_zyx == (1, 4, 5)


def test_one_slice_is_as_thick_as_it_says(series):
    series.write([0])
    assert series.open().native == Geometry((5, 4, 1), (1.0, 2.0, 3.0), (-10.0, -20.0, 0.0))


def test_headers_rounded_to_a_tenth_of_a_millimetre_are_even(series):
    series.write([0, 0.6, 1.3, 1.9, 2.5])  # 0.625 mm
    assert series.open().native.spacing_mm_xyz == pytest.approx((1, 2, 0.625))


# Real series

EVEN = {
    "reader_flavours/dcmqi_ct3slice_dicomseg_nrrd/ct-3slice": (3, 512, 512),
    "reader_flavours/rtutils_ct_rtstruct/mock_data": (2, 512, 512),
    "reader_flavours/rtutils_ct_rtstruct/oriented_data": (3, 50, 100),
    "totalsegmentator_examples/example_ct_dicom": (20, 512, 512),
}
REFUSED = {
    "reader_flavours/dcmqa_ct_philips": "no_images",  # lines on a localizer, pages of patient and dose
    "reader_flavours/dcmqa_ct_ge_tilt": "gantry_tilt",
    "reader_flavours/dcmqi_ct3slice_dicomseg_nrrd": "no_images",
    "reader_flavours": "no_images",
}


@pytest.mark.parametrize("name", EVEN)
def test_real_series_agree_with_itk(realdata, name, capfd):
    image = open_series(ImageFile(realdata / name))
    files = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(realdata / name))
    peer = sitk.ReadImage(files or [str(path) for path in image.slice_files])  # ITK sorts by position as well
    assert difference(image.native, Geometry.of(peer), 1e-3) is None
    assert image.native.shape_zyx == EVEN[name]
    expected = Geometry.of(peer).to_lps(sitk.GetArrayFromImage(peer))
    np.testing.assert_array_equal(voxels(image, 7), np.maximum(expected, -1024))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", REFUSED)
def test_real_folders_that_are_no_volume_are_refused(realdata, name):
    with pytest.raises(FileError) as caught:
        open_series(ImageFile(realdata / name))
    assert caught.value.kind == REFUSED[name]


def test_the_spine_lies_at_the_back(realdata):
    image = open_series(ImageFile(realdata / "totalsegmentator_examples/example_ct_dicom"))
    assert image.native.orientation == "LPS"
    array = voxels(image)
    bone, body = (np.argwhere(array > hu)[:, 1].mean() for hu in (400, -300))
    assert bone > body + 5
