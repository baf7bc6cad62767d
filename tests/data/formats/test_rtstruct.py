"""RT structure sets, as planning systems write them.

Public reports of odd ones: points among contours (github.com/Sikerdebaard/dcmrtstruct2nii/issues/4), structures without contours
(github.com/mwgeurts/dicom_tools/issues/18), contours without ContourData (github.com/Sikerdebaard/dcmrtstruct2nii/issues/9).
"""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from structure_set_file import GRID, SQUARE, contour
from structure_set_file import write_structure_set as write

from tfpartial.data.formats.label import open_label
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError

ANGLE = np.deg2rad(30)
ROTATION = np.array([[np.cos(ANGLE), -np.sin(ANGLE), 0], [np.sin(ANGLE), np.cos(ANGLE), 0], [0, 0, 1]])
OBLIQUE = Geometry((8, 7, 4), (2.0, 2.0, 5.0), (10.0, 20.0, 30.0), tuple((ROTATION @ np.diag([1, -1, -1])).ravel()))
CORONAL = Geometry((8, 4, 7), (2.0, 5.0, 2.0), (10.0, 20.0, 30.0), (1, 0, 0, 0, 0, 1, 0, -1, 0))


@pytest.mark.parametrize("grid", [GRID, OBLIQUE, CORONAL], ids=["axial", "oblique and flipped", "coronal"])
def test_contours_are_drawn_on_the_slices_of_any_grid(tmp_path, grid):
    stored = np.zeros(grid.size_xyz[::-1], bool)
    if grid is CORONAL:
        indices = [[2, 3, 1], [5, 3, 1], [5, 3, 4], [2, 3, 4]]
        item = contour([[0, 0]], 0)
        item.ContourData = [f"{number:.8g}" for number in grid.positions_mm(np.array(indices, float)).ravel()]
        stored[1:5, 3, 2:6] = True
    else:
        item = contour(SQUARE, 3, grid)
        stored[3, 1:5, 2:6] = True
    label = open_label(write(tmp_path / "rt.dcm", {"liver": [item]}))
    assert label.native is None
    assert np.array_equal(label.mask("liver", grid), grid.to_lps(stored))


def test_a_contour_within_another_is_a_hole(tmp_path):
    hole = [[2.5, 1.5], [4.5, 1.5], [4.5, 3.5], [2.5, 3.5]]
    label = open_label(write(tmp_path / "rt.dcm", {"liver": [contour(SQUARE, 1), contour(hole, 1)]}))
    assert label.mask("liver", GRID).sum() == 16 - 4


def test_a_roi_without_contours_is_empty_and_names_are_unique(tmp_path):
    label = open_label(write(tmp_path / "rt.dcm", {"liver": [contour(SQUARE, 1)], "liver ": [], "spleen": []}))
    assert label.keys() == ("liver", "liver (2)", "spleen")
    assert not label.mask("liver (2)", GRID).any()


def test_what_lies_beside_the_image_is_cut_off_and_noted(tmp_path):
    wide = [[-3, 1], [5, 1], [5, 4], [-3, 4]]
    label = open_label(write(tmp_path / "rt.dcm", {"liver": [contour(wide, 1), contour(SQUARE, 2)]}))
    assert label.mask("liver", GRID)[1].sum() == 6 * 4
    assert label.history[-1].row() | {"file": ""} == {
        "step": "clip",
        "file": "",
        "segment": "liver",
        "contours_beyond_the_image": 1,
    }


@pytest.mark.parametrize(
    ("item", "kind", "message"),
    [
        (contour(SQUARE, 1.4), "between_slices", r"a contour at slice 1\.4 along z .* lies between the image's slices"),
        (contour(SQUARE, 4), "outside_image", r"a contour at slice 4 .* lies outside of the image, whose last slice is 3"),
        (contour(np.add(SQUARE, 20), 1), "outside_image", r"a contour at slice 1 .* lies wholly beside the image"),
        (contour(SQUARE, 1, kind="POINT"), "not_planar", r"segment 'liver': expected closed contours, got POINT"),
        (contour(SQUARE, 1, kind="OPEN_PLANAR"), "not_planar", r"expected closed contours, got OPEN_PLANAR"),
    ],
)
def test_contours_that_make_no_mask_are_refused(tmp_path, item, kind, message):
    label = open_label(write(tmp_path / "rt.dcm", {"liver": [item]}))
    with pytest.raises(FileError, match=message) as caught:
        label.mask("liver", GRID)
    assert caught.value.kind == kind


def test_tilted_contours_are_refused(tmp_path):
    tilted = contour(SQUARE, 1)
    tilted.ContourData[2] = tilted.ContourData[5] = "38"
    label = open_label(write(tmp_path / "rt.dcm", {"liver": [tilted]}))
    with pytest.raises(FileError, match=r"tilted by 0\.6 slices against the image's"):
        label.mask("liver", GRID)


def test_coordinates_that_are_no_points_are_refused(tmp_path):
    broken = contour(SQUARE, 1)
    broken.ContourData = broken.ContourData[:-1]
    label = open_label(write(tmp_path / "rt.dcm", {"liver": [broken]}))
    with pytest.raises(FileError, match=r"expected x, y and z of each point of a contour, got 11 numbers"):
        label.mask("liver", GRID)


def test_another_dicom_object_is_no_label(tmp_path, realdata):
    ct = realdata / "reader_flavours/rtutils_ct_rtstruct/mock_data/ct_1.dcm"
    with pytest.raises(FileError, match="expected a DICOM segmentation or an RT structure set, got CT Image Storage"):
        open_label(ct)
    cut = tmp_path / "rt.dcm"
    cut.write_bytes(ct.read_bytes()[:200])
    with pytest.raises(FileError, match=r"cannot be read as DICOM|without SOPClassUID"):
        open_label(cut)


@pytest.fixture
def ct(realdata) -> tuple[Path, Geometry]:
    folder = realdata / "reader_flavours/rtutils_ct_rtstruct/mock_data"
    return folder, Geometry.of(sitk.ReadImage([str(folder / "ct_1.dcm"), str(folder / "ct_2.dcm")]))


def test_reads_a_real_structure_set_on_its_ct(ct):
    folder, grid = ct
    label = open_label(folder / "rt.dcm")
    assert label.keys() == ("ROI-1",)
    mask = label.mask("ROI-1", grid)
    assert (mask[0].sum(), mask[1].sum()) == (1443, 0)  # scikit-image's polygon gives the same


@pytest.mark.parametrize("name", ["invalid_reference_rt.dcm", "non_existent_reference_rt.dcm"])
def test_wrong_references_do_not_matter_but_missing_slices_do(ct, name):
    folder, grid = ct
    label = open_label(folder / name)
    rois = ("ROI-1", "ROI-2", "ROI-3", "ROI-4")
    assert label.keys() == rois
    with pytest.raises(FileError, match=r"segment 'ROI-1': a contour at slice 2 along z .* whose last slice is 1"):
        label.mask("ROI-1", grid)
    one_more = Geometry((512, 512, 3), grid.spacing_mm_xyz, grid.origin_mm_xyz, grid.direction)
    # rt-utils, which also takes every pixel that a contour touches, has 5705, 5291, 5040, 9713.
    assert [int(label.mask(roi, one_more).sum()) for roi in rois] == [5460, 5040, 4813, 9198]


def warnings_of(label):
    return [step.warning for step in label.history if step.warning]


OTHER_SQUARE = [[4, 2], [7, 2], [7, 5], [4, 5]]
SLICES = "along z (LPS, from 0)"
DECIDED = {
    # contours, voxels by slice, warning
    "repeated": (
        [contour(SQUARE, 1), contour(SQUARE, 1), contour(SQUARE, 2)],
        [0, 16, 16, 0],
        f"segment 'liver': contours on slice 1 {SLICES} repeat each other; each counts once",
    ),
    "overlapping": (
        [contour(points, place) for points in (SQUARE, OTHER_SQUARE) for place in (1, 2)],
        [0, 26, 26, 0],
        f"segment 'liver': contours on slices 1..2 {SLICES} overlap; they are united",
    ),
    "a gap": (
        [contour(SQUARE, 0), contour(SQUARE, 3)],
        [16, 0, 0, 16],
        f"segment 'liver': slices 1..2 {SLICES} have no contour, between slices that have; they stay empty",
    ),
    "a marker": (
        [
            contour(SQUARE, 1),
            contour([[3, 3]], 2, kind="POINT"),
            contour([[3, 3], [4, 4]], 2),
            contour([[3, 3], [4, 4], [3, 3], [4, 4]], 2),
        ],
        [0, 16, 0, 0],
        "segment 'liver': 3 contours of one or two points, which have no area, left out",
    ),
    "no points": (
        [contour(SQUARE, 1), contour([], 2)],
        [0, 16, 0, 0],
        "segment 'liver': 1 contour without points left out",
    ),
    "no points at all": ([contour([], 2)], [0, 0, 0, 0], "segment 'liver': 1 contour without points left out"),
}


@pytest.mark.parametrize("row", DECIDED)
def test_what_was_decided_is_said(tmp_path, row):
    contours, voxels, warning = DECIDED[row]
    label = open_label(write(tmp_path / "rt.dcm", {"liver": contours}))
    assert label.mask("liver", GRID).sum(axis=(1, 2)).tolist() == voxels
    assert warnings_of(label) == [warning]
    label.mask("liver", GRID)
    assert len(label.history) == 2  # said once


@pytest.mark.parametrize(("longest", "voxels"), [(1, [16, 0, 0, 16]), (2, [16, 16, 16, 16])])
def test_gaps_are_filled_on_request_up_to_a_length(tmp_path, longest, voxels):
    path = write(tmp_path / "rt.dcm", {"liver": [contour(SQUARE, 0), contour(SQUARE, 3)]})
    label = open_label(path, fill_gaps=longest)
    assert label.mask("liver", GRID).sum(axis=(1, 2)).tolist() == voxels
    what = "are drawn by interpolation" if longest == 2 else "have no contour, between slices that have; they stay empty"
    assert warnings_of(label) == [f"segment 'liver': slices 1..2 {SLICES} {what}"]


def test_a_contour_without_its_data_is_left_out(tmp_path):
    bare = contour(SQUARE, 2)
    del bare.ContourData
    label = open_label(write(tmp_path / "rt.dcm", {"liver": [contour(SQUARE, 1), bare]}))
    assert label.mask("liver", GRID).sum() == 16
    assert warnings_of(label) == ["segment 'liver': 1 contour without points left out"]


def test_exclusive_contours_cut_each_other_out(tmp_path):
    one, other = ([[left, 0.5], [left + 4, 0.5], [left + 4, 4.5], [left, 4.5]] for left in (1.5, 3.5))
    both = [contour(points, 1, kind="CLOSEDPLANAR_XOR") for points in (one, other)]
    label = open_label(write(tmp_path / "rt.dcm", {"liver": both}))
    assert label.mask("liver", GRID)[1].sum() == 8 + 8


def test_contours_that_hold_no_centre_are_refused(tmp_path):
    tiny = [contour([[2.2, 1.2], [2.8, 1.2], [2.8, 1.8]], 1)]
    label = open_label(write(tmp_path / "rt.dcm", {"liver": tiny}))
    with pytest.raises(FileError, match=r"segment 'liver': 1 contours that hold no voxel's centre") as caught:
        label.mask("liver", GRID)
    assert caught.value.kind == "no_voxels"


def test_a_broken_structure_takes_no_other_along(tmp_path):
    broken = contour(SQUARE, 1)
    broken.ContourData = broken.ContourData[:-1]
    label = open_label(write(tmp_path / "rt.dcm", {"liver": [contour(SQUARE, 1)], "spleen": [broken]}))
    assert label.mask("liver", GRID).sum() == 16


def test_contours_of_one_number_in_two_items_belong_together(tmp_path):
    def same_number(content):
        content.ROIContourSequence[1].ReferencedROINumber = 1
        del content.StructureSetROISequence[1]

    path = write(tmp_path / "rt.dcm", {"liver": [contour(SQUARE, 1)], "liver again": [contour(SQUARE, 2)]}, same_number)
    label = open_label(path)
    assert label.mask("liver", GRID).sum(axis=(1, 2)).tolist() == [0, 16, 16, 0]


def test_contours_of_a_number_without_a_name_are_said_to_be_left_out(tmp_path):
    def nameless(content):
        content.ROIContourSequence[1].ReferencedROINumber = 7

    rois = {"liver": [contour(SQUARE, 1)], "spleen": [contour(SQUARE, 2)]}
    label = open_label(write(tmp_path / "rt.dcm", rois, nameless))
    assert warnings_of(label) == ["contours of ROI number 7, which has no name, are left out"]


@pytest.mark.filterwarnings("ignore:The value for the data element")
def test_a_contour_of_more_than_64_kib_is_read(tmp_path):
    angle = np.linspace(0, 2 * np.pi, 5000, endpoint=False)
    circle = np.column_stack([3 + 2.2 * np.cos(angle), 3 + 2.2 * np.sin(angle)])
    path = write(tmp_path / "rt.dcm", {"liver": [contour(circle, 1)]})
    assert b"\x06\x30\x50\x00UN" in path.read_bytes()  # pydicom and others write it so
    assert open_label(path).mask("liver", GRID)[1].sum() == 13  # centres within 2.2 of the middle


@pytest.mark.filterwarnings("ignore:.*exceeds the size of 64 kByte")
@pytest.mark.parametrize("odd", [b"wo", b"  ", b"4\\"], ids=["a word", "nothing", "nothing after a number"])
@pytest.mark.parametrize("points", [4, 12_000], ids=["short", "over 64 KiB"])
def test_contours_with_odd_numbers_are_refused(tmp_path, odd, points):
    square = np.tile(SQUARE, (points // 4, 1))
    path = write(tmp_path / "rt.dcm", {"liver": [contour(square, 1)], "spleen": [contour(SQUARE, 2)]})
    content = path.read_bytes()
    place = content.index(b"\\22\\35\\") + 1  # y of the first point, which is z = 35 mm
    path.write_bytes(content[:place] + odd + content[place + 2 :])
    label = open_label(path)
    reason = "segment 'liver': expected x, y and z of each point of a contour, got something that is no finite number"
    with pytest.raises(FileError, match=reason):
        label.mask("liver", GRID)
    assert label.mask("spleen", GRID).sum() == 16


def test_two_rois_of_one_number_are_refused(tmp_path):
    def twins(content):
        content.StructureSetROISequence[1].ROINumber = 1

    rois = {"liver": [contour(SQUARE, 1)], "spleen": [contour(SQUARE, 2)]}
    with pytest.raises(FileError, match="2 ROIs have the ROINumber 1"):
        open_label(write(tmp_path / "rt.dcm", rois, twins))


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [*product((None, "ISO_IR 6", "ISO_IR 100", "ISO_IR 192"), ("latin-1", "utf-8")), ("ISO 2022 IR 13", "latin-1")],
)
def test_names_are_read_whatever_the_file_says_of_its_letters(tmp_path, declared, encoding):
    def declare(content):
        if declared:
            content.SpecificCharacterSet = declared

    path = write(tmp_path / "rt.dcm", {"XXXXXXXX": [contour(SQUARE, 1)]}, declare)
    name = "Prüfe".encode(encoding)
    path.write_bytes(path.read_bytes().replace(b"XXXXXXXX", name.ljust(8)))
    assert open_label(path).keys() == ("Prüfe",)


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("lost", [2, 60, 150, 200])
def test_a_file_that_ends_early_is_refused_wherever_it_ends(tmp_path, undefined, lost):
    def lengths(content):
        content["ROIContourSequence"].is_undefined_length = undefined

    path = write(tmp_path / "rt.dcm", {"liver": [contour(SQUARE, 1), contour(SQUARE, 2)]}, lengths)
    path.write_bytes(path.read_bytes()[:-lost])
    with pytest.raises(FileError, match=r"ends early|No tag to read"):
        open_label(path)
