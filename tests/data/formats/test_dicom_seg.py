import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from segmentation_file import GRID, NAMES_READ, SHAPE, masks, write_reference
from segmentation_file import write_segmentation as write

from tfpartial.data.files import NONZERO
from tfpartial.data.formats.label import open_label
from tfpartial.data.geometry import Geometry, difference
from tfpartial.data.problem import FileError


@pytest.fixture
def ct(series) -> list[pydicom.Dataset]:
    return write_reference(series)


def test_segments_may_overlap_and_leave_out_empty_slices(tmp_path, ct):
    label = open_label(write(tmp_path / "seg.dcm", ct, masks()))
    assert label.keys() == NAMES_READ
    assert label.native.shape_zyx == (3, 4, 5)
    assert label.native.lps.origin_mm_xyz == (-10, -20, 3)
    assert label.native.spacing_mm_zyx == (3, 2, 1)
    for number, key in enumerate(NAMES_READ):
        assert np.array_equal(label.mask(key, GRID), masks()[1:, ..., number] == 1), key
    assert label.mask(NONZERO, GRID).sum() == 18 + 1


def test_a_single_frame_is_a_volume_of_one_slice(tmp_path, ct):
    only = masks()
    only[:, ..., 0] = only[..., 1] = 0
    label = open_label(write(tmp_path / "seg.dcm", ct, only))
    assert label.native.shape_zyx == (1, 4, 5)
    assert label.native.lps.origin_mm_xyz == (-10, -20, 9)
    assert np.argwhere(label.mask("liver (2)", GRID)).tolist() == [[0, 0, 4]]


def test_a_labelmap_has_the_same_segments(tmp_path, ct):
    values = np.zeros(SHAPE, np.uint8)
    values[2, 1:3, 1:3] = 1
    values[3, 0, 0] = 2
    label = open_label(write(tmp_path / "seg.dcm", ct, values, kind="LABELMAP"))
    assert label.keys() == NAMES_READ
    assert [int(label.mask(key, GRID).sum()) for key in NAMES_READ] == [4, 1, 0]


def test_fractional_segmentations_are_refused(tmp_path, ct):
    path = write(tmp_path / "seg.dcm", ct, masks() * np.float32(0.5), kind="FRACTIONAL")
    with pytest.raises(FileError, match="expected a BINARY or LABELMAP segmentation, got a FRACTIONAL one") as caught:
        open_label(path)
    assert caught.value.kind == "fractional_label"


def test_frames_at_uneven_distances_are_refused(tmp_path, ct):
    dataset = pydicom.dcmread(write(tmp_path / "seg.dcm", ct, masks()))
    dataset.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence[0].ImagePositionPatient = [-10, -20, 4.2]
    dataset.save_as(tmp_path / "seg.dcm")
    with pytest.raises(FileError, match="its frames make no volume") as caught:
        open_label(tmp_path / "seg.dcm")
    assert caught.value.kind == "no_grid"


@pytest.mark.parametrize(
    ("element", "kind", "message"),
    [
        ("SegmentSequence", "unreadable", "cannot be read as DICOM: .*SegmentSequence"),
        ("Rows", "unreadable", "cannot be read as DICOM: .*Rows"),
        ("PerFrameFunctionalGroupsSequence", "no_grid", "its frames make no volume"),
    ],
)
def test_missing_elements_are_refused(tmp_path, ct, element, kind, message):
    dataset = pydicom.dcmread(write(tmp_path / "seg.dcm", ct, masks()))
    del dataset[element]
    dataset.save_as(tmp_path / "seg.dcm")
    with pytest.raises(FileError, match=message) as caught:
        open_label(tmp_path / "seg.dcm")
    assert caught.value.kind == kind


def test_a_file_that_ends_early_is_refused(tmp_path, ct):
    path = write(tmp_path / "seg.dcm", ct, masks())
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(FileError, match="cannot be read as DICOM"):
        open_label(path).mask("liver", GRID)


TWINS = {
    "liver.dcm": {"Liver": ("liver_seg.nrrd", 1)},
    "partial_overlaps.dcm": {
        "GREEN": ("partial_overlaps-1.nrrd", 1),
        "ORANGE": ("partial_overlaps-2.nrrd", 2),
        "PURPLE": ("partial_overlaps-3.nrrd", 3),
        "LIGHT_BLUE": ("partial_overlaps-1.nrrd", 4),
        "DARK_BLUE": ("partial_overlaps-1.nrrd", 5),
    },
    "sparse-labelmap-noppv.dcm": {"Liver": ("sparse_labelmap_noppv_seg.nrrd", 1)},
    "sparse-labelmap-ppv5.dcm": {"Liver": ("sparse_labelmap_ppv5_seg.nrrd", 1)},
}


@pytest.mark.parametrize("name", TWINS)
def test_real_segmentations_equal_their_nrrd_twins(realdata, name):
    folder = realdata / "reader_flavours/dcmqi_ct3slice_dicomseg_nrrd"
    label = open_label(folder / name)
    assert label.keys() == tuple(TWINS[name])
    for key, (file, value) in TWINS[name].items():
        image = sitk.ReadImage(str(folder / file))
        twin = Geometry.of(image)
        assert difference(label.native, twin, 0.01) is None
        assert np.array_equal(label.mask(key, twin), twin.to_lps(sitk.GetArrayFromImage(image)) == value), key


@pytest.mark.parametrize(("declared", "encoding"), [("ISO_IR 192", "latin-1"), ("ISO_IR 100", "utf-8")])
def test_names_are_read_whatever_the_file_says_of_its_letters(tmp_path, ct, declared, encoding):
    path = write(tmp_path / "seg.dcm", ct, masks())
    content = pydicom.dcmread(path)
    content.SpecificCharacterSet = declared
    content.save_as(path)
    path.write_bytes(path.read_bytes().replace(b"tumour", "tümo".encode(encoding).ljust(6)))
    assert open_label(path).keys() == ("liver", "tümo", "liver (2)")
