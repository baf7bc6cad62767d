"""Folders of DICOM series with contours beside or below them."""

from pathlib import Path

import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RTDoseStorage, RTStructureSetStorage

from tfpartial.config import SourceConfig
from tfpartial.data.layouts import read_source
from tfpartial.errors import TfpartialError


def write(path: Path, sop_class: str, **elements: object) -> None:
    content = Dataset()
    content.file_meta = FileMetaDataset()
    content.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    content.file_meta.MediaStorageSOPClassUID = content.SOPClassUID = sop_class
    content.file_meta.MediaStorageSOPInstanceUID = content.SOPInstanceUID = "1.2.3"
    for keyword, value in elements.items():
        setattr(content, keyword, value)
    path.parent.mkdir(parents=True, exist_ok=True)
    content.save_as(path, enforce_file_format=True)


def write_slices(folder: Path, modality: str = "CT") -> None:
    """Two slices of 2 × 2 pixels."""
    pixels = {"Rows": 2, "Columns": 2, "BitsAllocated": 16, "BitsStored": 16, "HighBit": 15, "SamplesPerPixel": 1}
    grid = {"PixelSpacing": [1, 1], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "PixelData": bytes(8)}
    rest = {
        "PhotometricInterpretation": "MONOCHROME2",
        "PixelRepresentation": 1,
        "SeriesInstanceUID": "1.2",
        "Modality": modality,
    }
    for number in range(2):
        position = {"ImagePositionPatient": [0, 0, number]}
        write(folder / f"{number}.dcm", CTImageStorage, **pixels, **grid, **rest, **position)


def write_structures(path: Path, *names: str) -> None:
    rois = []
    for number, name in enumerate(names, start=1):
        roi = Dataset()
        roi.ROINumber, roi.ROIName = number, name
        rois.append(roi)
    write(path, RTStructureSetStorage, Modality="RTSTRUCT", StructureSetROISequence=rois, ROIContourSequence=[])


@pytest.fixture
def dicom(folder):
    """Case `a` with contours beside its slices, case `b` with contours of two readers in other folders."""
    write_slices(folder.root / "a")
    write_structures(folder.root / "a" / "rt.dcm", "liver", "spleen")
    write_slices(folder.root / "b" / "study" / "ct")
    write_structures(folder.root / "b" / "study" / "rt1" / "1", "liver")
    write_structures(folder.root / "b" / "study" / "rt2" / "1", "kidney")
    folder.add("a/notes.txt", "index.csv")
    return folder


def test_finds_the_series_and_the_contours_of_each_case(dicom):
    dataset = dicom.read("dicom")
    assert dicom.image_names(dataset) == {"a": ["a"], "b": ["b/study/ct"]}
    assert dicom.label_names(dataset) == {"a": ["a/rt.dcm"], "b": ["b/study/rt1/1", "b/study/rt2/1"]}
    assert (dataset.organs.names, dataset.channel_names, dataset.problems) == (("liver", "spleen", "kidney"), ("CT",), ())
    assert [label.organs for label in dataset.cases[1].labels] == [{"liver": ("liver",)}, {"kidney": ("kidney",)}]
    assert [(case.annotated, case.patient) for case in dataset.cases] == [(None, "a"), (None, "b")]


def test_dose_is_neither_an_image_nor_contours(dicom):
    write(
        dicom.root / "a" / "dose" / "1.dcm",
        RTDoseStorage,
        Modality="RTDOSE",
        Rows=2,
        Columns=2,
        BitsAllocated=16,
        PixelRepresentation=0,
        PixelData=bytes(8),
    )
    dataset = dicom.read("dicom")
    assert (dicom.image_names(dataset)["a"], dicom.label_names(dataset)["a"]) == (["a"], ["a/rt.dcm"])


def no_image(root):
    write_structures(root / "c" / "rt.dcm", "liver")


def no_contours(root):
    write_slices(root / "c")


def two_series(root):
    write_slices(root / "c" / "1")
    write_slices(root / "c" / "2")
    write_structures(root / "c" / "rt.dcm", "liver")


def another_modality(root):
    write_slices(root / "c", "MR")
    write_structures(root / "c" / "rt.dcm", "liver")


def contours_without_structures(root):
    write_slices(root / "c")
    write_structures(root / "c" / "rt.dcm")


def a_damaged_slice(root):
    write_slices(root / "c")
    write_structures(root / "c" / "rt.dcm", "liver")
    (root / "c" / "2.dcm").write_bytes(b"no DICOM")


PROBLEMS = [
    # what is broken, problems of the case, message of one
    (no_image, [("c", "c", "missing_image")], "expected DICOM images, got none"),
    (no_contours, [("c", "c", "missing_label")], "the case has no label file"),
    (two_series, [("c", "c", "several_images")], "expected the images of a case in one folder, got some in c/1, c/2"),
    (another_modality, [("c", "0.dcm", "modality")], "expected CT, as in the cases before, got MR"),
    (contours_without_structures, [("c", "rt.dcm", "no_segments")], "expected segments or structures, got none"),
    (a_damaged_slice, [("c", "2.dcm", "damaged")], "is named like a DICOM file and is none"),
]


@pytest.mark.parametrize(("break_it", "expected", "message"), PROBLEMS, ids=[row[0].__name__ for row in PROBLEMS])
def test_names_the_case_the_file_and_what_is_wrong(dicom, rows, break_it, expected, message):
    break_it(dicom.root)
    dataset = dicom.read("dicom")
    assert rows(dataset) == expected
    assert message in dataset.problems[0].message


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda root: write_slices(root), "expected a folder per case with DICOM files, got 2 files (0.dcm, 1.dcm)"),
        (lambda root: write_structures(root / "a" / "rt.dcm", "liver"), "expected a DICOM series in the folders of the cases"),
        (lambda root: write_slices(root / "a"), "expected segments in DICOM-SEG or RTSTRUCT files beside the images, got none"),
    ],
)
def test_refuses_a_folder_that_is_no_data_set(folder, prepare, message):
    prepare(folder.root)
    with pytest.raises(TfpartialError) as caught:
        folder.read("dicom")
    assert message in str(caught.value)


def test_the_real_segmentations(realdata):
    dataset = read_source(SourceConfig(realdata / "reader_flavours", layout="dicom"))
    found = {case.id: {label.path.name: sorted(label.organs) for label in case.labels} for case in dataset.cases}
    assert found["dcmqi_ct3slice_dicomseg_nrrd"] == {
        "liver.dcm": ["Liver"],
        "partial_overlaps.dcm": ["DARK_BLUE", "GREEN", "LIGHT_BLUE", "ORANGE", "PURPLE"],
        "sparse-labelmap-noppv.dcm": ["Liver"],
        "sparse-labelmap-ppv5.dcm": ["Liver"],
    }
    wrong = {problem.case: problem.kind for problem in dataset.problems}
    assert wrong == {
        "dcmqa_ct_ge_tilt": "missing_label",
        "dcmqa_ct_philips": "missing_label",
        "rtutils_ct_rtstruct": "several_images",
    }
