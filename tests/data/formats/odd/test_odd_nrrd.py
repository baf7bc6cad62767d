"""NRRD files and Slicer's segmentations from public reports; docs/reference/odd-inputs.md has the sources."""

import gzip

import numpy as np
import pytest
from nrrd_file import GRID, LPS, VOXELS, write_nrrd

from tfpartial.data.formats.label import open_label
from tfpartial.data.formats.volume_file import VolumeFile
from tfpartial.data.problem import FileError

DIRECTIONS, ORIGIN = GRID
AXES = "(1.5,0,0) (0,1.5,0) (0,0,3)"
BYTES = VOXELS.tobytes()
FOUR = {"dimension": 4}

READ = {
    # fields, the head and the voxels, the first voxel's place (LPS), what is said
    "a list of one volume before space": (
        (LPS, f"space directions: none {AXES}", ORIGIN, "kinds: list domain domain domain"),
        FOUR | {"sizes": "1 5 4 3"},
        (-48, -40, 10),
        "",
    ),
    "a list of one volume after space": (
        (LPS, f"space directions: {AXES} none", ORIGIN, "kinds: domain domain domain list"),
        FOUR | {"sizes": "5 4 3 1"},
        (-48, -40, 10),
        "",
    ),
    "a direction of NaN for none": (
        (LPS, f"space directions: (nan,nan,nan) {AXES}", ORIGIN, "kinds: list domain domain domain"),
        FOUR | {"sizes": "1 5 4 3"},
        (-48, -40, 10),
        "",
    ),
    "big endian": ((LPS, *GRID), {"endian": "big", "data": VOXELS.astype(">i2").tobytes()}, (-48, -40, 10), ""),
    "lines end as in Windows": ((LPS, *GRID), {"newline": "\r\n"}, (-48, -40, 10), ""),
    "the header of another file before the voxels": (
        (LPS, *GRID, "byte skip: -1"),
        {"data": b"another header" + BYTES},
        (-48, -40, 10),
        "",
    ),
    "no place": ((LPS, DIRECTIONS), {}, (0, 0, 0), "expected a 'space origin', which is not there; taken for (0, 0, 0) mm"),
    "a place of NaN": (
        (LPS, DIRECTIONS, "space origin: (nan,nan,nan)"),
        {},
        (0, 0, 0),
        "got '(nan,nan,nan)'; taken for",
    ),
}


@pytest.mark.parametrize("row", READ)
def test_is_read_right(tmp_path, row):
    fields, head, origin_mm, said = READ[row]
    file = VolumeFile(write_nrrd(tmp_path / "a.nrrd", *fields, **head))
    assert (file.native.orientation, file.native.spacing_mm_xyz) == ("LPS", pytest.approx((1.5, 1.5, 3)))
    assert file.native.origin_mm_xyz == pytest.approx(origin_mm)
    ((_, voxels),) = file.slabs(9)
    assert np.array_equal(voxels, VOXELS)
    warnings = [step.warning for step in file.history if step.warning]
    assert len(warnings) == bool(said)
    assert said in "".join(warnings)


REFUSED = {
    "no byte order": ((LPS, *GRID), {"endian": None}, "require endian info"),
    "a list of two volumes": (
        (LPS, f"space directions: none {AXES}", ORIGIN, "kinds: list domain domain domain"),
        FOUR | {"sizes": "2 5 4 3", "data": 2 * BYTES},
        "expected one number per voxel, got 2",
    ),
    "axes of a tilted scan": (
        (LPS, "space directions: (1.5,0,0) (0,1.5,0) (0,0.5,3)", ORIGIN),
        {},
        "expected axes at right angles, got the directions 1, 0, 0; 0, 1, 0; 0, 0.1644, 0.9864",
    ),
    "a field twice": ((LPS, LPS, *GRID), {}, "already set field space"),
    "fewer voxels than its header says": (
        (LPS, *GRID),
        {"encoding": "gzip", "data": gzip.compress(BYTES[:60])},
        "ends early: expected 120 bytes of voxels, got 60",
    ),
}


@pytest.mark.parametrize("row", REFUSED)
def test_is_refused_in_one_line(tmp_path, row):
    fields, head, message = REFUSED[row]
    with pytest.raises(FileError) as caught:
        list(VolumeFile(write_nrrd(tmp_path / "a.nrrd", *fields, **head)).slabs(9))
    assert message in str(caught.value)


LABEL = np.repeat(np.arange(3, dtype=np.uint8), 20).reshape(3, 4, 5)
"""Slice 0 is background, slice 1 has the value 1, slice 2 the value 2."""
LAYERS = np.stack([LABEL == 1, 2 * (LABEL > 0)], axis=-1).astype(np.uint8)
"""`[z, y, x, layer]`: the value 1 on slice 1, and over it the value 2 on the slices 1 and 2."""


def segment(number, name, **fields):
    return tuple(f"Segment{number}_{key}:={value}" for key, value in {"Name": name, **fields}.items())


LIVER, SPLEEN = segment(0, "liver", LabelValue=1, Layer=0), segment(1, "spleen", LabelValue=2, Layer=0)
BYTE = {"type": "unsigned char", "endian": None, "data": LABEL.tobytes()}
OVER = segment(1, "spleen", LabelValue=2, Layer=1)

SEGMENTS = {
    # fields, the head and the voxels, segment -> voxels, what is said
    "layers before space": (
        (LPS, f"space directions: none {AXES}", ORIGIN, "kinds: list domain domain domain", *LIVER, *OVER),
        BYTE | FOUR | {"sizes": "2 5 4 3", "data": LAYERS.tobytes()},
        {"liver": 20, "spleen": 40},
        "",
    ),
    "layers after space": (
        (LPS, f"space directions: {AXES} none", ORIGIN, "kinds: domain domain domain list", *LIVER, *OVER),
        BYTE | FOUR | {"sizes": "5 4 3 2", "data": np.moveaxis(LAYERS, -1, 0).tobytes()},
        {"liver": 20, "spleen": 40},
        "",
    ),
    "three layers that look like colours": (
        (LPS, f"space directions: none {AXES}", ORIGIN, "kinds: RGB-color domain domain domain", *LIVER, *OVER),
        BYTE | FOUR | {"sizes": "3 5 4 3", "data": np.pad(LAYERS, [(0, 0)] * 3 + [(0, 1)]).tobytes()},
        {"liver": 20, "spleen": 40},
        "",
    ),
    "a value that no segment has": (
        (LPS, *GRID, *LIVER),
        BYTE,
        {"liver": 20},
        "value 2 of layer 0 (20 voxels) is no segment's; it is left out",
    ),
    "a segment without voxels": (
        (LPS, *GRID, *LIVER, *SPLEEN, *segment(2, "duct", LabelValue=7)),
        BYTE,
        {"duct": 0},
        "",
    ),
    "names only as ids": ((LPS, *GRID, "Segment0_ID:=liver", "Segment0_LabelValue:=1"), BYTE, {1: 20, 2: 20}, ""),
    "fields in another order": ((LPS, *SPLEEN, *GRID, *LIVER), BYTE, {"liver": 20, "spleen": 20}, ""),
}


@pytest.mark.parametrize("row", SEGMENTS)
def test_segments_have_their_voxels(tmp_path, row):
    fields, head, expected, said = SEGMENTS[row]
    label = open_label(write_nrrd(tmp_path / "a.seg.nrrd", *fields, **head))
    assert {key: int(label.mask(key, label.native).sum()) for key in expected} == expected
    assert [step.warning for step in label.history if step.warning] == ([said] if said else [])


SEGMENTS_REFUSED = {
    "no values in a file of one layer": (
        (*segment(0, "liver"), *segment(1, "spleen")),
        "segments 'liver' and 'spleen' are both value 1 of layer 0; expected a LabelValue or a Layer of its own for each",
    ),
    "one value for two segments": (
        (*LIVER, *segment(1, "spleen", LabelValue=1, Layer=0)),
        "segments 'liver' and 'spleen' are both value 1 of layer 0",
    ),
    "the value of the background": (
        segment(0, "liver", LabelValue=0),
        "Segment0_LabelValue: expected a whole number from 1 on, got 0",
    ),
    "a value as a real number": (
        segment(0, "liver", LabelValue="1.0"),
        "Segment0_LabelValue: expected a whole number, got '1.0'",
    ),
}


@pytest.mark.parametrize("row", SEGMENTS_REFUSED)
def test_segments_are_refused_in_one_line(tmp_path, row):
    fields, message = SEGMENTS_REFUSED[row]
    with pytest.raises(FileError) as caught:
        open_label(write_nrrd(tmp_path / "a.seg.nrrd", LPS, *GRID, *fields, **BYTE))
    assert message in str(caught.value)
