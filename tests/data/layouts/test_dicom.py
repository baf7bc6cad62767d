"""Folders of DICOM series with contours beside or below them."""

from pathlib import Path

import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RTDoseStorage, RTStructureSetStorage

from tfpartial.config import SourceConfig
from tfpartial.data.formats.dicom_series import open_series
from tfpartial.data.layouts import read_source
from tfpartial.errors import InputProblems, TfpartialError


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


def write_slices(folder: Path, modality: str = "CT", **elements: object) -> None:
    """Two slices of 2 × 2 pixels; `elements` are added, or replace others."""
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
        write(folder / f"{number}.dcm", CTImageStorage, **(pixels | grid | rest | position | elements))


def write_structures(path: Path, *names: str, **elements: object) -> None:
    rois = []
    for number, name in enumerate(names, start=1):
        roi = Dataset()
        roi.ROINumber, roi.ROIName = number, name
        rois.append(roi)
    write(path, RTStructureSetStorage, Modality="RTSTRUCT", StructureSetROISequence=rois, ROIContourSequence=[], **elements)


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
    (
        two_series,
        [("c", "c", "several_images")],
        "expected the images of a case in one folder, got some in c/1, c/2; choose by `series`, `modality`",
    ),
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
        (
            lambda root: write_structures(root / "a" / "rt.dcm", "liver"),
            "expected a DICOM series and contours in the folders of the cases; expected DICOM images, got none",
        ),
        (lambda root: write_slices(root / "a"), "expected segments in DICOM-SEG or RTSTRUCT files beside the images, got none"),
    ],
)
def test_refuses_a_folder_that_is_no_data_set(folder, prepare, message):
    prepare(folder.root)
    with pytest.raises(TfpartialError) as caught:
        folder.read("dicom")
    assert message in str(caught.value)


def test_the_real_segmentations(realdata):
    dataset = read_source(SourceConfig(realdata / "reader_flavours", layout="dicom", structure_set="*"))
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
        "dcmqa_ct_philips": "missing_image",
        "rtutils_ct_rtstruct": "several_images",
    }


# Several series


def scout_and_screen(root):
    write_slices(root / "c" / "ct", SeriesDescription="venous 5 mm")
    write_slices(root / "c" / "scout", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    write_slices(root / "c" / "dose", ImageType=["DERIVED", "SECONDARY", "SCREEN SAVE"])


def ct_and_mr(root):
    write_slices(root / "c" / "ct", SeriesDescription="venous 5 mm")
    write_slices(root / "c" / "mr", "MR", SeriesDescription="T2")


def short_and_long(root):
    write_slices(root / "c" / "ct")
    write_slices(root / "c" / "bolus")
    (root / "c" / "bolus" / "1.dcm").unlink()


@pytest.mark.parametrize(
    ("prepare", "options"),
    [
        (scout_and_screen, {}),
        (ct_and_mr, {"modality": "CT"}),
        (ct_and_mr, {"series": "Venous*"}),
        (short_and_long, {"least_slices": 2}),
    ],
)
def test_a_series_is_chosen_by_what_it_is(folder, prepare, options):
    prepare(folder.root)
    write_structures(folder.root / "c" / "rt.dcm", "liver")
    dataset = folder.read("dicom", **options)
    assert (folder.image_names(dataset), dataset.problems) == ({"c": ["c/ct"]}, ())
    image = dataset.cases[0].images[0]
    assert open_series(image).native.size_xyz == (2, 2, 2)


def test_a_case_without_the_series_that_is_wanted_is_named(dicom, rows):
    ct_and_mr(dicom.root)
    write_structures(dicom.root / "c" / "rt.dcm", "liver")
    dataset = dicom.read("dicom", series="T2")
    assert ("a", "a", "missing_image") in rows(dataset)


# Several structure sets

FRAME, SERIES = "1.2.826.1", "1.2"  # of `write_slices`


def refers_to(series: str, frame: str) -> dict[str, object]:
    """Elements of a structure set that was drawn on a series."""
    place, study, one = Dataset(), Dataset(), Dataset()
    one.SeriesInstanceUID = series
    study.RTReferencedSeriesSequence = [one]
    place.FrameOfReferenceUID, place.RTReferencedStudySequence = frame, [study]
    return {"ReferencedFrameOfReferenceSequence": [place]}


def two_observers(root, names=("liver", "liver")):
    """Structure sets on one image, the second one later, and one that was drawn on another image."""
    write_slices(root / "a", FrameOfReferenceUID=FRAME)
    for number, name in enumerate(names, start=1):
        label, day = f"observer {number}", f"2026010{number}"
        elements = refers_to(SERIES, FRAME) | {"StructureSetLabel": label, "StructureSetDate": day}
        write_structures(root / "a" / f"RS{number}.dcm", name, **elements)


def of_another_image(root):
    write_slices(root / "a", FrameOfReferenceUID=FRAME)
    ours, theirs = refers_to(SERIES, FRAME), refers_to("9.9", "9.8")
    write_structures(root / "a" / "RS1.dcm", "liver", StructureSetDate="20260101", **ours)
    write_structures(root / "a" / "RS2.dcm", "spleen", StructureSetDate="20260102", **theirs)


@pytest.mark.parametrize(
    ("prepare", "wanted", "found"),
    [
        (two_observers, "newest", ["a/RS2.dcm"]),
        (two_observers, "Observer 1", ["a/RS1.dcm"]),
        (two_observers, "RS2*", ["a/RS2.dcm"]),
        (two_observers, "*", ["a/RS1.dcm", "a/RS2.dcm"]),
        (lambda root: two_observers(root, ("liver", "spleen")), None, ["a/RS1.dcm", "a/RS2.dcm"]),
        (of_another_image, "newest", ["a/RS1.dcm"]),
        (of_another_image, "referenced", ["a/RS1.dcm"]),
        (of_another_image, "RS2.dcm", ["a/RS2.dcm"]),
    ],
)
def test_structure_sets_are_chosen(folder, prepare, wanted, found):
    prepare(folder.root)
    dataset = folder.read("dicom", structure_set=wanted)
    assert (folder.label_names(dataset), dataset.problems) == ({"a": found}, ())


@pytest.mark.parametrize(
    ("prepare", "wanted", "kind", "message"),
    [
        (
            two_observers,
            None,
            "several_structure_sets",
            "2 files show 'liver': RS1.dcm ('observer 1', of 20260101) and RS2.dcm ('observer 2', of 20260102); choose by",
        ),
        (two_observers, "referenced", "several_structure_sets", "2 files show 'liver'"),
        (two_observers, "observer 3", "unknown_structure_set", "'observer 3', finds none or no single one; got RS1.dcm"),
        (of_another_image, None, "foreign_contours", "refers to another frame of reference or series than the image"),
    ],
)
def test_structure_sets_that_nobody_chose_are_refused(folder, prepare, wanted, kind, message):
    prepare(folder.root)
    with pytest.raises(InputProblems) as caught:
        folder.read("dicom", structure_set=wanted)
    (problem,) = caught.value.rows
    assert problem["kind"] == kind
    assert message in problem["message"]


def test_the_newest_of_sets_without_a_date_is_not_guessed(folder):
    write_slices(folder.root / "a")
    for name in ("RS1.dcm", "RS2.dcm"):
        write_structures(folder.root / "a" / name, "liver")
    with pytest.raises(InputProblems, match="finds none or no single one"):
        folder.read("dicom", structure_set="newest")
