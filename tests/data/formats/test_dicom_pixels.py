"""Grey values are stored numbers × slope + intercept, however the pixels are stored.

Public reports of such files: MONOCHROME1 that is inverted (github.com/scifio/scifio/issues/311,
github.com/SimpleITK/SimpleITK/issues/1795), padding of -2000 read as 63536 (github.com/Enet4/dicom-rs/issues/460).
"""

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    JPEGLSLossless,
    MRImageStorage,
    RLELossless,
)

from tfpartial.data.problem import FileError

HU = np.linspace(-1000, 2000, 20).round().astype(np.int64).reshape(4, 5)
SHIFTED = (HU + 1024).astype(np.uint16)
"""Stored for the intercept -1024 of the slices."""
OVERLAY = np.where(np.arange(20).reshape(4, 5) % 3 == 0, 0x5000, 0).astype(np.uint16)
TWELVE = {"BitsStored": 12, "HighBit": 11}
EIGHT = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
WIDE = {"BitsAllocated": 32, "BitsStored": 32, "HighBit": 31}

STORED = {
    # stored numbers, elements
    "unsigned": (SHIFTED, {}),
    "signed": (HU.astype(np.int16), {"RescaleIntercept": 0}),
    "inverse display": (SHIFTED, {"PhotometricInterpretation": "MONOCHROME1", **TWELVE}),
    "inverse display, signed": (HU.astype(np.int16), {"PhotometricInterpretation": "MONOCHROME1", "RescaleIntercept": 0}),
    "no word on display": (SHIFTED, {"PhotometricInterpretation": None}),
    "justified to the left": (SHIFTED << 4, {"BitsStored": 12, "HighBit": 15}),
    "overlays in unused bits": (SHIFTED | OVERLAY, TWELVE),
    "12 bits with a sign, upper bits 0": (
        (HU & 0xFFF).astype(np.uint16),
        {"PixelRepresentation": 1, "RescaleIntercept": 0} | TWELVE,
    ),
    "no word on the sign": (SHIFTED, {"PixelRepresentation": None}),
    "no word on the bits": (SHIFTED, {"BitsStored": None, "HighBit": None}),
    "32 bits": ((HU * 1000).astype(np.int32), {"RescaleSlope": "0.001", "RescaleIntercept": 0} | WIDE),
    "real numbers": (
        HU.astype(np.float32),
        {"FloatPixelData": HU.astype("<f4").tobytes(), "PixelData": None, "RescaleIntercept": 0},
    ),
    "a slope below 0": ((-HU).astype(np.int16), {"RescaleSlope": -1, "RescaleIntercept": 0}),
    "bytes after the pixels": (SHIFTED, {"PixelData": SHIFTED.tobytes() + bytes(64)}),
}


@pytest.mark.parametrize("row", STORED)
def test_stored_numbers_become_hu(series, row):
    stored, elements = STORED[row]
    series.add("a", stored, (0, 0, 0), **elements)
    np.testing.assert_allclose(series.voxels()[0], HU, atol=1e-4)


def test_eight_bits(series):
    series.add("a", np.arange(20, dtype=np.uint8).reshape(4, 5) * 10, (0, 0, 0), RescaleSlope=8, RescaleIntercept=-1000, **EIGHT)
    np.testing.assert_array_equal(series.voxels()[0].ravel(), np.arange(20) * 80 - 1000)


def test_whole_numbers_beyond_int32_are_clipped_and_not_wrapped(series):
    stored = np.array([[0, 1, 10, 40_000, 65_535]] * 4, np.uint16)
    series.add("a", stored, (0, 0, 0), RescaleSlope=100_000, RescaleIntercept=-1000, PixelRepresentation=0)
    assert series.voxels()[0, 0].tolist() == [-1000, 99_000, 999_000, 3_999_999_000, 6_553_499_000]


def test_garbage_after_the_pixels_is_not_read(series):
    path = series.add("a", SHIFTED, (0, 0, 0))
    path.write_bytes(path.read_bytes() + b"\r\n\0\0rest of a transfer")
    np.testing.assert_array_equal(series.voxels()[0], HU)


def test_big_endian(series):
    path = series.add("a", SHIFTED, (0, 0, 0))
    content = dcmread(path)
    content.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    content.PixelData = SHIFTED.astype(">u2").tobytes()
    again = FileDataset(
        "", content, file_meta=content.file_meta, preamble=bytes(128), is_implicit_VR=False, is_little_endian=False
    )
    again.save_as(path, enforce_file_format=True)
    np.testing.assert_array_equal(series.voxels()[0], HU)


def test_deflated(series):
    path = series.add("a", SHIFTED, (0, 0, 0))
    content = dcmread(path)
    content.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    content.save_as(path)
    np.testing.assert_array_equal(series.voxels()[0], HU)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless], ids=lambda syntax: syntax.name)
@pytest.mark.parametrize(
    ("stored", "elements"),
    [
        (SHIFTED, {"PhotometricInterpretation": "MONOCHROME1"}),
        (HU.astype(np.int16), {"RescaleIntercept": 0}),
        (SHIFTED, {"SOPClassUID": MRImageStorage, "Modality": "MR"}),  # GDCM leaves its slope and intercept out
    ],
    ids=["inverse display", "signed", "MR"],
)
def test_compressed_pixels_are_the_same(series, syntax, stored, elements):
    path = series.add("a", np.tile(stored, (4, 4)), (0, 0, 0), **elements)
    content = dcmread(path)
    content.compress(syntax, generate_instance_uid=False)
    content.save_as(path)
    np.testing.assert_array_equal(series.voxels()[0], np.tile(HU, (4, 4)))


@pytest.mark.parametrize(
    ("stored", "padding", "vr", "elements"),
    [
        (HU.astype(np.int16), 63536, "US", {"RescaleIntercept": 0}),
        (HU.astype(np.int16), -2000, "SS", {"RescaleIntercept": 0}),
        (SHIFTED, -2000, "SS", {}),
        (SHIFTED, 63536, "US", {}),
    ],
    ids=["signed, element without sign", "signed", "unsigned, element with sign", "unsigned"],
)
def test_padding_is_found_whatever_the_sign_of_its_element(series, stored, padding, vr, elements):
    stored = stored.copy()
    stored[0, :2] = np.array(-2000).astype(stored.dtype)
    path = series.add("a", stored, (0, 0, 0), **elements)
    content = dcmread(path)
    content.add_new("PixelPaddingValue", vr, padding)
    content.save_as(path)
    expected = HU.copy()
    expected[0, :2] = -1024
    np.testing.assert_array_equal(series.voxels()[0], expected)


REFUSED = {
    "left or right": ({"BitsStored": 12, "HighBit": 15}, "bad_header", "HighBit is 15 for 12 BitsStored, but lower bits are set"),
    "more than allocated": ({"BitsStored": 20, "HighBit": 19}, "bad_header", "BitsStored is 20, HighBit 19 and BitsAllocated 16"),
    "below the first bit": ({"HighBit": 7}, "bad_header", "BitsStored is 16, HighBit 7 and BitsAllocated 16"),
    "odd allocation": ({"BitsAllocated": 12}, "bad_header", "BitsAllocated is 12; expected one of 8, 16, 32, 64"),
    "no whole number": ({"BitsStored": [12, 12], "HighBit": 11}, "bad_header", "BitsStored is .*; expected a"),
    "palette": ({"PhotometricInterpretation": "PALETTE COLOR"}, "colour", "has the PhotometricInterpretation PALETTE COLOR"),
    "too few": ({"BitsAllocated": 32, "BitsStored": 32, "HighBit": 31}, "truncated", "expected 80 bytes of pixels, got 40"),
}


@pytest.mark.parametrize("row", REFUSED)
def test_pixels_that_cannot_be_understood_are_refused(series, row):
    elements, kind, message = REFUSED[row]
    series.add("a", SHIFTED, (0, 0, 0), **elements)
    with pytest.raises(FileError, match=message) as caught:
        series.voxels()
    assert caught.value.kind == kind
