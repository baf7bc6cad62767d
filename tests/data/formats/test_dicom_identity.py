"""Slices that do not belong together although their SeriesInstanceUID says so, and images that are no slices."""

import pytest

from tfpartial.data.problem import FileError

PATIENT = {"PatientID": "A", "StudyInstanceUID": "1.2.3"}


def two_halves(series, heights_mm, **other):
    """Two slices of one patient, and two with other elements."""
    for number, height in enumerate(heights_mm):
        elements = PATIENT | (other if number % 2 else {})
        series.add(f"{number}.dcm", series.stored(number), (0, 0, height), **elements)


STACKED, INTERLEAVED = (0, 6, 3, 9), (0, 3, 6, 9)
DIFFERENT = {
    "patient": ({"PatientID": "B"}, "different PatientID under one SeriesInstanceUID: 'A' (2 files, such as 0.dcm) and 'B' (2"),
    "no patient": (
        {"PatientID": None},
        "different PatientID under one SeriesInstanceUID: 'A' (2 files, such as 0.dcm) and '' (2",
    ),
    "study": ({"StudyInstanceUID": "1.2.4"}, "different StudyInstanceUID"),
    "frame of reference": ({"FrameOfReferenceUID": "1.2.5"}, "different FrameOfReferenceUID"),
    "modality": ({"Modality": "MR"}, "different Modality"),
}


@pytest.mark.parametrize("heights_mm", [STACKED, INTERLEAVED], ids=["stacked", "interleaved"])
@pytest.mark.parametrize("row", DIFFERENT)
def test_slices_of_different_origin_are_refused_with_what_differs(series, row, heights_mm):
    elements, message = DIFFERENT[row]
    two_halves(series, heights_mm, **elements)
    with pytest.raises(FileError) as caught:
        series.open()
    assert caught.value.kind == "mixed_series"
    assert message in caught.value.reason


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "FrameOfReferenceUID"])
def test_ids_that_every_file_has_anew_say_nothing_and_are_a_warning(series, keyword):
    for number in range(3):
        series.add(f"{number}.dcm", series.stored(number), (0, 0, 3 * number), **{keyword: f"1.2.{number}"})
    image = series.open()
    assert image.native.size_xyz == (5, 4, 3)
    assert [step.warning for step in image.history if step.warning] == [
        f"every slice has a {keyword} of its own; they are taken for one series, as SeriesInstanceUID says"
    ]


@pytest.mark.parametrize(
    "elements",
    [{"AcquisitionNumber": 2}, {"EchoTime": 4.6}, {"TemporalPositionIdentifier": 2}, {"ConvolutionKernel": "B70f"}],
    ids=lambda elements: next(iter(elements)),
)
def test_stacks_between_each_other_are_refused_and_one_after_another_are_not(series, elements):
    two_halves(series, INTERLEAVED, **elements)
    with pytest.raises(FileError, match=f"{next(iter(elements))} goes from .* in 1.dcm back to '' in 2.dcm") as caught:
        series.open()
    assert caught.value.kind == "interleaved"
    two_halves(series, STACKED, **elements)
    assert series.open().native.size_xyz == (5, 4, 4)


def test_concatenations_of_an_mr_scan_may_lie_between_each_other(series):
    two_halves(series, INTERLEAVED, AcquisitionNumber=2)
    for path in series.path.iterdir():
        path.unlink()
    for number in range(4):
        series.add(f"{number}", series.stored(number), (0, 0, 3 * number), Modality="MR", AcquisitionNumber=number % 2)
    assert series.open().native.size_xyz == (5, 4, 4)


def test_a_slice_without_its_intercept_is_refused(series):
    two_halves(series, INTERLEAVED)
    series.add("4.dcm", series.stored(4), (0, 0, 12), RescaleIntercept=None, **PATIENT)
    with pytest.raises(FileError, match=r"1 of its 5 slices have no RescaleIntercept, such as 4.dcm") as caught:
        series.open()
    assert caught.value.kind == "mixed_rescale"


def test_a_mosaic_is_refused(series):
    series.write(Modality="MR", ImageType=["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"])
    with pytest.raises(FileError, match="is a mosaic: all slices of a volume side by side") as caught:
        series.open()
    assert caught.value.kind == "mosaic"


def test_localizers_and_screens_are_left_out_and_listed(series):
    series.write()
    series.add("scout", series.stored(0), (0, 0, 0), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"], SeriesInstanceUID="1.5")
    series.add("same", series.stored(0), (0, 0, 0), ImageType=["DERIVED", "SECONDARY", "REF_SURVIEW"])
    series.add("dose", series.stored(0), (0, 0, 0), ImageType=["DERIVED", "SECONDARY", "SCREEN SAVE"], SeriesInstanceUID="1.6")
    capture = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "ImagePositionPatient": None}
    series.add("page", series.stored(0), (0, 0, 0), SeriesInstanceUID="1.7", **capture)
    image = series.open()
    assert image.native.size_xyz == (5, 4, 3)
    assert image.history[0].detail["not_read"] == {"localizer": 2, "screen": 2}
    assert series.open(series="1.5").native.size_xyz == (5, 4, 1)  # asked for by its id


def test_a_folder_of_localizers_only_is_refused(series):
    series.write(ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    with pytest.raises(FileError, match=r"holds only localizers and pictures of screens: .*3 slices") as caught:
        series.open()
    assert caught.value.kind == "no_images"


def test_a_series_that_nobody_wants_is_refused_with_what_was_wanted(series):
    series.write()
    wanted = "holds no series 'T2*' of modality MR of at least 9 slices; there are: .*CT, 'abdomen', 3 slices"
    with pytest.raises(FileError, match=wanted.replace("*", r"\*", 1)) as caught:
        series.open(series="T2*", modality="MR", least_slices=9)
    assert caught.value.kind == "unknown_series"
