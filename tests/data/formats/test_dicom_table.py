"""Slices whose stored numbers become grey values by a table, ModalityLUTSequence."""

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut
from pydicom.uid import ImplicitVRLittleEndian

from tfpartial.data.problem import FileError

STORED = np.arange(20, dtype=np.int16).reshape(4, 5)
HU = np.array([7, 40, 3, 1000, 65535, 0, 12])
"""Entries of the table; the first one is of the stored number 3."""
EXPECTED = HU[np.clip(STORED - 3, 0, 6)]
RESCALED_BY_TABLE = {"RescaleSlope": None, "RescaleIntercept": None}


def table(entries=HU, first=3, bits=16, kind="HU", count=None, words=False):
    item = Dataset()
    item.LUTDescriptor = [len(entries) if count is None else count, first, bits]
    item.ModalityLUTType = kind
    values = [int(entry) for entry in entries]
    item.add_new("LUTData", "OW" if words else "US", np.array(values, "<u2").tobytes() if words else values)
    return {"ModalityLUTSequence": [item]}


def add(series, stored=STORED, **elements):
    return series.add("a.dcm", stored, (0, 0, 0), **(RESCALED_BY_TABLE | elements))


@pytest.mark.parametrize("words", [False, True])
def test_stored_numbers_become_the_entries_of_the_table(series, words):
    add(series, **table(words=words))
    assert np.array_equal(series.voxels()[0], EXPECTED)
    assert {"step": "rescale", "by": "ModalityLUTSequence", "to": "HU"} in [step.row() for step in series.open().history]


def test_a_table_from_a_number_below_zero_on(series):
    add(series, STORED - 10, **table(HU, first=-7))
    assert np.array_equal(series.voxels()[0], EXPECTED)


def test_the_widest_table(series):
    entries = np.arange(65536)[::-1]
    add(series, STORED.astype(np.uint16) * 3000, **table(entries, first=0, count=0, words=True))
    assert np.array_equal(series.voxels()[0], 65535 - STORED.astype(int) * 3000)


@pytest.mark.parametrize("words", [False, True])
def test_a_file_without_types_of_its_elements(series, words):
    path = add(series, STORED - 10, **table(first=-7, words=words))
    dataset = dcmread(path)
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.save_as(path, implicit_vr=True, little_endian=True)
    assert np.array_equal(series.voxels()[0], EXPECTED)
    assert np.array_equal(apply_modality_lut(STORED - 10, dcmread(path)), EXPECTED)


def test_another_modality_has_whatever_its_table_gives(series):
    add(series, Modality="MR", **table(kind="US"))
    assert np.array_equal(series.voxels()[0], EXPECTED)


def test_padding_in_the_table_has_its_number(series):
    add(series, PixelPaddingValue=5, **table())
    assert np.array_equal(series.voxels()[0], EXPECTED)


@pytest.mark.parametrize(
    ("elements", "message"),
    [
        (table() | {"RescaleSlope": 1}, "has RescaleSlope as well as a table of its grey values .* expected one of them"),
        (table() | {"RescaleSlope": 2, "RescaleIntercept": -1024}, "has RescaleSlope and RescaleIntercept as well as a table"),
        (table(kind="OD"), "of the type 'OD'; expected HU for a CT"),
        (table(kind=""), "of the type ''; expected HU for a CT"),
        (table(count=9), "expected 9 entries of 16 bits, which are 8 to 16, got 7, the largest of them 65535"),
        (table(bits=12), "expected 7 entries of 12 bits, .* got 7, the largest of them 65535"),
        (table(bits=32), "expected 7 entries of 32 bits, which are 8 to 16, got 7"),
        (table() | {"PixelPaddingValue": 200}, r"has padding, 200, outside of the table .* expected it in 3\.\.9"),
        ({"ModalityLUTSequence": [Dataset()]}, "has no LUTDescriptor of three numbers or no LUTData; expected both"),
        ({"ModalityLUTSequence": table()["ModalityLUTSequence"] * 2}, "has 2 tables; expected one"),
        (
            table() | {"FloatPixelData": STORED.astype("<f4").tobytes(), "PixelData": None, "BitsAllocated": 32},
            "and real numbers; expected whole ones",
        ),
    ],
)
def test_a_table_that_cannot_hold_is_one_line(series, elements, message):
    add(series, **elements)
    with pytest.raises(FileError, match=message) as caught:
        series.voxels()
    assert caught.value.kind == "modality_lut"


def test_slices_with_and_without_a_table_are_no_volume(series):
    for number, elements in enumerate((table(), {})):
        series.add(f"{number}.dcm", STORED, (0, 0, 3 * number), Modality="MR", **(RESCALED_BY_TABLE | elements))
    with pytest.raises(FileError, match=r"tables of grey values .* of different types: 'HU', none; their grey values are on"):
        series.open()
