"""DICOM segmentations from public reports; docs/reference/odd-inputs.md has the sources."""

import copy

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from segmentation_file import GRID, NAMES_READ, masks, write_reference, write_segmentation

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
