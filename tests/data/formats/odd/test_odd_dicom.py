"""DICOM series from public reports; docs/reference/odd-inputs.md has the sources."""

import io
import shutil

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless, MediaStorageDirectoryStorage, RLELossless

from tfpartial.data.problem import FileError

HU = np.tile(np.linspace(-1000, 2000, 20).round().astype(np.int64).reshape(4, 5), (4, 4))
THIRTEEN = {"BitsStored": 13, "HighBit": 12, "RescaleIntercept": 0, "PixelRepresentation": 1}
TWELVE = {"BitsStored": 12, "HighBit": 11}
UNSIGNED, UPPER_BITS_0 = (HU + 1024).astype(np.uint16), (HU & 0x1FFF).astype(np.uint16)


def compressed(syntax, stored, **elements):
    def make(series):
        content = dcmread(series.add("a", stored, (0, 0, 0), **elements))
        content.compress(syntax, generate_instance_uid=False)
        content.save_as(series.path / "a")

    return make


def jpeg2000(stored, **elements):
    """A code stream of 16 unsigned bits, whatever the elements say."""

    def make(series):
        content = dcmread(series.add("a", stored, (0, 0, 0), **elements))
        stream = io.BytesIO()
        Image.fromarray(stored).save(stream, "JPEG2000", irreversible=False, no_jp2=True)
        content.PixelData = encapsulate([stream.getvalue()])
        content["PixelData"].is_undefined_length = True
        content.file_meta.TransferSyntaxUID = JPEG2000Lossless
        content.save_as(series.path / "a")

    return make


def with_icon(series):
    """A picture of one pixel stands before the elements of the pixels, in a sequence of undefined length."""
    path = series.add("a", UNSIGNED, (0, 0, 0))
    content, icon = dcmread(path), Dataset()
    icon.Rows = icon.Columns = icon.SamplesPerPixel = 1
    icon.PhotometricInterpretation, icon.PixelRepresentation = "MONOCHROME2", 0
    icon.BitsAllocated, icon.BitsStored, icon.HighBit = 8, 8, 7
    icon.PixelData = b"\x07\0"
    content.IconImageSequence = [icon]
    content["IconImageSequence"].is_undefined_length = True
    content.save_as(path)


PIXELS = {
    "JPEG-LS of 13 bits with a sign": compressed(JPEGLSLossless, HU.astype(np.int16), **THIRTEEN),
    "RLE of 13 bits with a sign": compressed(RLELossless, HU.astype(np.int16), **THIRTEEN),
    "RLE of 13 bits with a sign, upper bits 0": compressed(RLELossless, UPPER_BITS_0, **THIRTEEN),
    "JPEG 2000 whose stream has no sign": jpeg2000(UPPER_BITS_0, **THIRTEEN),
    "JPEG 2000 whose stream has 16 bits for 12": jpeg2000(UNSIGNED, **TWELVE),
    "an icon before the pixels": with_icon,
}


@pytest.mark.parametrize("row", PIXELS)
def test_pixels_are_hu(series, row):
    PIXELS[row](series)
    np.testing.assert_array_equal(series.voxels()[0], HU)


def directory(series):
    """A DICOMDIR, as on a disc, lists the files and is no image."""
    series.write()
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPInstanceUID = ExplicitVRLittleEndian, "1.2.3"
    meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    content = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    content.FileSetID, content.DirectoryRecordSequence = "DISC", []
    content.save_as(series.path / "DICOMDIR", enforce_file_format=True)


def long_numbers(series):
    for number in range(3):
        place = ["-10.000000000000000001", "-20.00000000000000001", f"{3 * number}.00000000000000002"]
        path = series.add(f"{number}", series.stored(number), (0, 0, 0))
        stored = "\\".join(place).encode()
        raw, old = path.read_bytes(), b"0\\0\\0 "
        assert raw.count(b"DS\x06\0" + old) == 1
        stored += b" " * (len(stored) % 2)
        path.write_bytes(raw.replace(b"DS\x06\0" + old, b"DS" + len(stored).to_bytes(2, "little") + stored))


def against_the_numbers(series):
    for number in range(3):
        place = (-10, -20, 3 * number)
        series.add(f"{number}", series.stored(number), place, InstanceNumber=3 - number, SliceLocation=-3 * number)


VOLUMES = {
    "a DICOMDIR beside the slices": directory,
    "numbers of more than 16 letters": long_numbers,
    "InstanceNumber and SliceLocation against the positions": against_the_numbers,
    "no SliceThickness": lambda series: series.write(SliceThickness=None),
    "SliceThickness and SpacingBetweenSlices of other lengths": lambda series: series.write(
        SliceThickness=5, SpacingBetweenSlices=1
    ),
    "an orientation with rounding errors": lambda series: series.write(ImageOrientationPatient=[1, 1e-12, 0, -1e-12, 1, 0]),
    "numbers with exponents and spaces": lambda series: series.write(RescaleIntercept=" -1.024e3 "),
    "NumberOfFrames without a value": lambda series: series.write(NumberOfFrames=""),
}


@pytest.mark.parametrize("row", VOLUMES)
def test_slices_are_a_volume_by_their_positions(series, row):
    VOLUMES[row](series)
    native = series.open().native
    assert (native.origin_mm_xyz, native.spacing_mm_xyz) == (pytest.approx((-10, -20, 0)), pytest.approx((1, 2, 3)))
    np.testing.assert_array_equal(series.voxels(), np.stack([series.stored(number) for number in range(3)]) - 1024)


def test_each_pet_slice_has_a_slope_of_its_own(series):
    slopes = (1.02609e-08, 7.56104e-09, 3.07385e-08)
    for number, slope in enumerate(slopes):
        series.add(f"{number}", series.stored(1), (0, 0, 3 * number), Modality="PT", RescaleSlope=slope, RescaleIntercept=0)
    np.testing.assert_allclose(series.voxels(), [series.stored(1) * slope for slope in slopes], rtol=1e-6)


def test_a_slope_just_below_one_does_not_cut_numbers_off(series):
    series.write(RescaleSlope="0.9999999975098", RescaleIntercept=0)
    np.testing.assert_allclose(series.voxels()[2], series.stored(2), atol=1e-6)


def replaced(old, new):
    """Some bytes in place of others of the same length in the header of every slice."""

    def make(series):
        for path in series.write():
            raw = path.read_bytes()
            assert old in raw and len(old) == len(new)
            path.write_bytes(raw.replace(old, new))

    return make


def copied(series):
    series.write()
    shutil.copy(series.path / "01.dcm", series.path / "01(1).dcm")


def of_two_phases(series):
    for number in range(3):
        for phase in (1, 2):
            series.add(f"{number}{phase}", series.stored(number), (0, 0, 3 * number), AcquisitionNumber=phase)


REFUSED = {
    "a comma in a number": (replaced(b"2.0\\1.0 ", b"2,0\\1,0 "), "PixelSpacing is ['2,0', '1,0']; expected 2 finite numbers"),
    "a comma between numbers": (replaced(b"2.0\\1.0 ", b"2.0,1.0 "), "PixelSpacing is '2.0,1.0'; expected 2 finite numbers"),
    "a file twice": (copied, "01(1).dcm and 01.dcm lie at the same place (1 such pairs in 4 slices)"),
    "two phases": (of_two_phases, "lie at the same place (3 such pairs in 6 slices)"),
    "a slice missing": (
        lambda series: series.write([0, 3, 9]),
        "their distances vary from 3 to 6 mm (the largest lies between 02.dcm and 01.dcm)",
    ),
    "a tilted gantry": (
        lambda series: [series.add(f"{n}", series.stored(n), (0, n, 3 * n)) for n in range(3)],
        "the slices are tilted by 18.43 degrees",
    ),
    "several frames in one file": (lambda series: series.write(NumberOfFrames=3), "holds 3 frames (enhanced DICOM)"),
    "no PixelSpacing": (lambda series: series.write(PixelSpacing=None, ImagerPixelSpacing=[2, 1]), "has no PixelSpacing"),
    "an orientation of zeros": (
        lambda series: series.write(ImageOrientationPatient=[0] * 6),
        "ImageOrientationPatient is (0, 0, 0, 0, 0, 0); expected two unit vectors at right angles",
    ),
    "two slopes": (lambda series: series.write(RescaleSlope=[1, 2]), "RescaleSlope is [1.0, 2.0]; expected a finite number"),
    "a series for every slice": (
        lambda series: [series.add(f"{n}", series.stored(n), (0, 0, n), SeriesInstanceUID=f"1.2.{n}") for n in range(1, 4)],
        "holds 3 series, expected one",
    ),
    "slices of several orientations": (
        lambda series: [
            series.add("a", series.stored(0), (0, 0, 0)),
            series.add("b", series.stored(1), (0, 0, 0), ImageOrientationPatient=[0, 1, 0, 0, 0, -1]),
        ],
        "mixes slices of different orientations",
    ),
}


@pytest.mark.parametrize("row", REFUSED)
def test_is_refused_in_one_line(series, row):
    make, message = REFUSED[row]
    make(series)
    with pytest.raises(FileError) as caught:
        series.voxels()
    assert message in str(caught.value)
