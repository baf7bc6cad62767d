"""DICOM segmentations from public reports; docs/reference/odd-inputs.md has the sources."""

import copy

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from segmentation_file import GRID, NAMES_READ, SHAPE, masks, write_reference, write_segmentation

from tfpartial.data.formats.label import open_label
from tfpartial.data.problem import FileError

WHOLE = {"liver": 18, "tumour": 1, "liver (2)": 1}


def renumbered(*numbers):
    """Gives the segments 1, 2, 3 other numbers."""

    def change(content):
        for item, number in zip(content.SegmentSequence, numbers, strict=True):
            item.SegmentNumber = number
        for frame in content.PerFrameFunctionalGroupsSequence:
            item = frame.SegmentIdentificationSequence[0]
            item.ReferencedSegmentNumber = numbers[item.ReferencedSegmentNumber - 1]

    return change


def frames_of(content):
    """The frames' bits `[frame, pixel]`."""
    bits = np.unpackbits(np.frombuffer(content.PixelData, np.uint8), bitorder="little")
    return bits[: 20 * content.NumberOfFrames].reshape(-1, 20)


def reordered(order):
    def change(content):
        frames, bits = list(content.PerFrameFunctionalGroupsSequence), frames_of(content)
        content.PerFrameFunctionalGroupsSequence = [copy.deepcopy(frames[place]) for place in order]
        content.NumberOfFrames = len(order)
        packed = np.packbits(bits[order].ravel(), bitorder="little").tobytes()
        content.PixelData = packed + bytes(len(packed) % 2)

    return change


def shared(content):
    """The one segment's number stands with what all frames have in common."""
    content.SharedFunctionalGroupsSequence[0].SegmentIdentificationSequence = [Dataset()]
    content.SharedFunctionalGroupsSequence[0].SegmentIdentificationSequence[0].ReferencedSegmentNumber = 1
    for frame in content.PerFrameFunctionalGroupsSequence:
        del frame.SegmentIdentificationSequence


def in_bytes(content):
    bits = frames_of(content)
    content.BitsAllocated, content.BitsStored, content.HighBit = 8, 8, 7
    content.PixelData = bits.tobytes()


def of_nobody(content):
    content.PerFrameFunctionalGroupsSequence[0].SegmentIdentificationSequence[0].ReferencedSegmentNumber = 7


def without(*segments):
    array = masks()
    array[..., segments] = 0
    return array


READ = {
    "numbers with gaps": (renumbered(1, 5, 9), masks(), WHOLE),
    "numbers in another order": (renumbered(3, 2, 1), masks(), WHOLE),
    "numbers from 0": (renumbered(0, 1, 2), masks(), WHOLE),
    "a segment without frames": (None, without(1), WHOLE | {"tumour": 0}),
    "no segment has a voxel": (None, without(0, 1, 2), dict.fromkeys(WHOLE, 0)),
    "frames in reverse order": (reordered([3, 2, 1, 0]), masks(), WHOLE),
    "the number of the segment is shared": (shared, without(1, 2), {"liver": 18, "tumour": 0, "liver (2)": 0}),
    "bits in bytes": (in_bytes, masks(), WHOLE),
    "another frame of reference": (lambda content: setattr(content, "FrameOfReferenceUID", "1.2.3.4"), masks(), WHOLE),
}


@pytest.mark.filterwarnings("ignore:Encoding an empty image")
@pytest.mark.parametrize("row", READ)
def test_segments_have_their_voxels(series, tmp_path, row):
    change, array, expected = READ[row]
    path = write_segmentation(tmp_path / "seg.dcm", write_reference(series), array)
    if change:
        content = dcmread(path)
        change(content)
        content.save_as(path)
    label = open_label(path)
    assert label.keys() == NAMES_READ
    first = round(label.native.lps.origin_mm_xyz[2] / 3)
    for number, key in enumerate(NAMES_READ):
        mask = label.mask(key, GRID)
        assert int(mask.sum()) == expected[key]
        assert np.array_equal(mask, array[first : first + len(mask), ..., number])


REFUSED = {
    "two segments of one number": (renumbered(1, 1, 3), "segments 'liver' and 'tumour' have the SegmentNumber 1; whose"),
    "frames of a segment that is not described": (
        of_nobody,
        "has frames of segment 7, which is not described; expected one of 1..3",
    ),
    "fewer frames than are described": (
        lambda content: setattr(content, "NumberOfFrames", 3),
        "describes 4 frames, but NumberOfFrames is 3",
    ),
    "more frames than are described": (
        lambda content: setattr(content, "NumberOfFrames", 6),
        "describes 4 frames, but NumberOfFrames is 6",
    ),
    "a frame twice": (reordered([0, 0, 1, 2, 3]), "do not uniquely identify frames"),
    "a fraction that is 0 or 1": (
        lambda content: setattr(content, "SegmentationType", "FRACTIONAL"),
        "expected a BINARY or LABELMAP segmentation, got a FRACTIONAL one",
    ),
}


@pytest.mark.parametrize("row", REFUSED)
def test_is_refused_in_one_line(series, tmp_path, row):
    change, message = REFUSED[row]
    path = write_segmentation(tmp_path / "seg.dcm", write_reference(series), masks())
    content = dcmread(path)
    change(content)
    content.save_as(path)
    with pytest.raises(FileError, match=message):
        open_label(path).mask("liver", GRID)


VALUES = np.zeros(SHAPE, np.uint8)
VALUES[2, 1:3, 1:3], VALUES[3, 0, 0] = 1, 2
"""The pixels of a LABELMAP: four of the first segment, one of the second."""


def label_map(new=None, keep=(0, 1, 2, 3), padding=None):
    """Other numbers for the segments of a LABELMAP (its background is 0), those that are described, and its PixelPaddingValue."""
    new = new or {number: number for number in range(4)}

    def change(content):
        pixels = np.frombuffer(content.PixelData, np.uint8)
        content.PixelData = np.array([new[number] for number in range(4)], np.uint8)[pixels].tobytes()
        content.SegmentSequence = [item for item in content.SegmentSequence if item.SegmentNumber in keep]
        for item in content.SegmentSequence:
            item.SegmentNumber = new[item.SegmentNumber]
        del content.PixelPaddingValue
        if padding is not None:
            content.add_new("PixelPaddingValue", "US", padding)

    return change


def opened_label_map(series, tmp_path, change):
    path = write_segmentation(tmp_path / "seg.dcm", write_reference(series), VALUES, "LABELMAP")
    content = dcmread(path)
    change(content)
    content.save_as(path)
    return open_label(path)


LABEL_MAPS = {
    "a label map that describes its background": label_map(),
    "a label map without a word on its background": label_map(keep=(1, 2, 3)),
    "a label map whose background is 255": label_map({0: 255, 1: 1, 2: 2, 3: 3}, padding=255),
    "a label map whose background is 255 and not described": label_map({0: 255, 1: 1, 2: 2, 3: 3}, keep=(1, 2, 3), padding=255),
    "a label map with gaps in its numbers": label_map({0: 0, 1: 5, 2: 17, 3: 200}, padding=0),
}


@pytest.mark.parametrize("row", LABEL_MAPS)
def test_segments_of_a_label_map_have_their_pixels(series, tmp_path, row):
    label = opened_label_map(series, tmp_path, LABEL_MAPS[row])
    assert label.keys() == NAMES_READ
    assert [int(label.mask(key, GRID).sum()) for key in NAMES_READ] == [4, 1, 0]


LABEL_MAPS_REFUSED = {
    "a label map with a number that is not described": (
        label_map(keep=(0, 1, 3)),
        "has pixels of segment 2, which is not described; expected one of 1, 3",
    ),
    "a label map with an organ numbered 0": (
        label_map({0: 255, 1: 0, 2: 1, 3: 2}, padding=255),
        "segment 'liver' has the number 0 of a LABELMAP",
    ),
}


@pytest.mark.parametrize("row", LABEL_MAPS_REFUSED)
def test_a_label_map_is_refused_in_one_line(series, tmp_path, row):
    change, message = LABEL_MAPS_REFUSED[row]
    with pytest.raises(FileError) as caught:
        opened_label_map(series, tmp_path, change).mask("liver", GRID)
    assert message in str(caught.value)
