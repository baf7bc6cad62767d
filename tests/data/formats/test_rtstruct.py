from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage

from tfpartial.data.formats.label import open_label
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError

GRID = Geometry((8, 7, 4), (2.0, 2.0, 5.0), (10.0, 20.0, 30.0))
ANGLE = np.deg2rad(30)
ROTATION = np.array([[np.cos(ANGLE), -np.sin(ANGLE), 0], [np.sin(ANGLE), np.cos(ANGLE), 0], [0, 0, 1]])
OBLIQUE = Geometry((8, 7, 4), (2.0, 2.0, 5.0), (10.0, 20.0, 30.0), tuple((ROTATION @ np.diag([1, -1, -1])).ravel()))
CORONAL = Geometry((8, 4, 7), (2.0, 5.0, 2.0), (10.0, 20.0, 30.0), (1, 0, 0, 0, 0, 1, 0, -1, 0))
SQUARE = [[2, 1], [5, 1], [5, 4], [2, 4]]


def contour(points, place, grid=GRID, kind="CLOSED_PLANAR"):
    """A contour through voxel indices (x, y) of slice `place` of a stored grid."""
    item = pydicom.Dataset()
    item.ContourGeometricType = kind
    indices = np.column_stack([np.asarray(points, float), np.full(len(points), place)])
    item.ContourData = [f"{number:.8g}" for number in grid.positions_mm(indices).ravel()]
    return item


def write(path: Path, rois: dict[str, list[pydicom.Dataset]]) -> Path:
    content = pydicom.Dataset()
    content.file_meta = FileMetaDataset()
    content.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    content.file_meta.MediaStorageSOPClassUID = content.SOPClassUID = RTStructureSetStorage
    content.file_meta.MediaStorageSOPInstanceUID = content.SOPInstanceUID = "1.2.3"
    content.StructureSetROISequence, content.ROIContourSequence = [], []
    for number, (name, contours) in enumerate(rois.items(), start=1):
        roi, drawn = pydicom.Dataset(), pydicom.Dataset()
        roi.ROINumber = drawn.ReferencedROINumber = number
        roi.ROIName = name
        drawn.ContourSequence = contours
        content.StructureSetROISequence.append(roi)
        if contours:
            content.ROIContourSequence.append(drawn)
    content.save_as(path, enforce_file_format=True)
    return path


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
