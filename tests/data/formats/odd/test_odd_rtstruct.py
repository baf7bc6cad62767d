"""RT structure sets from public reports; docs/reference/odd-inputs.md has the sources."""

import numpy as np
import pytest
from structure_set_file import GRID, SQUARE, contour, write_structure_set

from tfpartial.data.files import ImageFile
from tfpartial.data.formats.dicom_series import open_series
from tfpartial.data.formats.label import open_label
from tfpartial.data.problem import FileError

HOLE = [[2.5, 1.5], [2.5, 3.5], [4.5, 3.5], [4.5, 1.5]]
TILT = np.deg2rad(10)


def square(x, y, side):
    return [[x, y], [x + side, y], [x + side, y + side], [x, y + side]]


def numbered(*numbers):
    """Gives the structures and their contours other numbers."""

    def change(content):
        for roi, drawn, number in zip(content.StructureSetROISequence, content.ROIContourSequence, numbers, strict=True):
            roi.ROINumber = drawn.ReferencedROINumber = number

    return change


def reversed_contours(content):
    content.ROIContourSequence = content.ROIContourSequence[::-1]


def wrong_counts(content):
    for item in content.ROIContourSequence[0].ContourSequence:
        item.NumberOfContourPoints = 99


def in_whole_mm(content):
    item = content.ROIContourSequence[0].ContourSequence[0]
    item.ContourData = [str(round(float(number))) for number in item.ContourData]


DRAWN = {
    # contours of each structure, what else is changed, structure -> voxels by slice, what is said
    "exclusions smaller than a voxel": (
        {"lung": [contour(SQUARE, 1), contour(square(3.3, 2.3, 0.06), 1), contour(square(3.4, 2.4, 0.4), 1)]},
        None,
        {"lung": [0, 16, 0, 0]},
        [],
    ),
    "a slice whose only contour is smaller than a voxel": (
        {"lung": [contour(SQUARE, 1), contour(square(3.3, 2.3, 0.06), 2), contour(SQUARE, 3)]},
        None,
        {"lung": [0, 16, 0, 16]},
        ["segment 'lung': contours on slice 2 along z (LPS, from 0) hold no voxel's centre; nothing is drawn there"],
    ),
    "a hole drawn the other way round": ({"a": [contour(SQUARE, 1), contour(HOLE, 1)]}, None, {"a": [0, 12, 0, 0]}, []),
    "a ring and an island in it": (
        {"a": [contour(square(0, 0, 6), 1), contour(square(0.5, 0.5, 5), 1), contour(square(2, 2, 1), 1)]},
        None,
        {"a": [0, 28, 0, 0]},
        [],
    ),
    "numbers with gaps": (
        {"a": [contour(SQUARE, 1)], "b": [contour(SQUARE, 2), contour(SQUARE, 3)]},
        numbered(63, 19),
        {"a": [0, 16, 0, 0], "b": [0, 0, 16, 16]},
        [],
    ),
    "contours in another order than names": (
        {"a": [contour(SQUARE, 1)], "b": [contour(SQUARE, 2), contour(SQUARE, 3)]},
        reversed_contours,
        {"a": [0, 16, 0, 0], "b": [0, 0, 16, 16]},
        [],
    ),
    "one name for two structures": (
        {"lesion": [contour(SQUARE, 1)], "lesion ": [contour(SQUARE, 2)]},
        None,
        {"lesion": [0, 16, 0, 0], "lesion (2)": [0, 0, 16, 0]},
        [],
    ),
    "a wrong number of points": ({"a": [contour(SQUARE, 1)]}, wrong_counts, {"a": [0, 16, 0, 0]}, []),
    "places in whole mm": ({"a": [contour(SQUARE, 1)]}, in_whole_mm, {"a": [0, 16, 0, 0]}, []),
    "partly beside the image": (
        {"a": [contour([[-3, 1], [5, 1], [5, 4], [-3, 4]], 1)]},
        None,
        {"a": [0, 24, 0, 0]},
        [],
    ),
}


@pytest.mark.parametrize("row", DRAWN)
def test_structures_have_their_voxels(tmp_path, row):
    rois, change, expected, said = DRAWN[row]
    label = open_label(write_structure_set(tmp_path / "rt.dcm", rois, change))
    assert {key: label.mask(key, GRID).sum(axis=(1, 2)).tolist() for key in expected} == expected
    assert [step.warning for step in label.history if step.warning] == said


REFUSED = {
    "between two slices": (
        contour(SQUARE, 1.25),
        "slice 1.25 along z (LPS, from 0) lies between the image's slices",
    ),
    "just beyond the last slice": (
        contour(SQUARE, 3.4),
        "slice 3.4 along z (LPS, from 0) lies outside of the image",
    ),
    "a catheter": (contour(SQUARE, 1, kind="OPEN_NONPLANAR"), "expected closed contours, got OPEN_NONPLANAR"),
    "one point for a contour": (contour(SQUARE[:1], 1), "expected closed contours, got CLOSED_PLANAR of one or two points"),
    "no type": (contour(SQUARE, 1, kind=""), "expected closed contours, got no type"),
    "every contour smaller than a voxel": (contour(square(3.3, 2.3, 0.06), 1), "1 contours that hold no voxel's centre"),
}


@pytest.mark.parametrize("row", REFUSED)
def test_is_refused_in_one_line(tmp_path, row):
    item, message = REFUSED[row]
    label = open_label(write_structure_set(tmp_path / "rt.dcm", {"a": [item]}))
    with pytest.raises(FileError) as caught:
        label.mask("a", GRID)
    assert message in str(caught.value)


def test_contours_of_a_tilted_mr_lie_on_its_slices(series, tmp_path):
    rows = [1, 0, 0, 0, np.cos(TILT), np.sin(TILT)]
    for number in range(3):
        place = 3 * number * np.array([0, -np.sin(TILT), np.cos(TILT)])
        series.add(f"{number}", series.stored(number), place, ImageOrientationPatient=[f"{x:.9f}" for x in rows], Modality="MR")
    grid = series.open().native
    items = [contour(square(1, 1, 2), number, grid) for number in (0, 1, 2)]
    label = open_label(write_structure_set(tmp_path / "rt.dcm", {"rectum": items}))
    assert label.mask("rectum", grid).sum(axis=(1, 2)).tolist() == [9, 9, 9]


def test_contours_of_uneven_slices_lie_on_their_own(series, tmp_path):
    heights_mm = (0, 3, 6, 12, 15)
    series.write(heights_mm)
    image = open_series(ImageFile(series.path, uneven="resample"))
    assert image.native.size_xyz == (5, 4, 6)  # the missing slice at 9 mm among them
    items = [contour(square(1, 1, 2), height / 3, image.native) for height in heights_mm]
    label = open_label(write_structure_set(tmp_path / "rt.dcm", {"lung": items}))
    assert label.mask("lung", image.native).sum(axis=(1, 2)).tolist() == [9, 9, 9, 0, 9, 9]
    assert label.history[-1].warning == (
        "segment 'lung': slice 3 along z (LPS, from 0) has no contour, between slices that have; it stays empty"
    )
