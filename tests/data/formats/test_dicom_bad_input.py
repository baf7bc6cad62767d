"""What is wrong with a DICOM folder, by its message."""

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.uid import EnhancedCTImageStorage, SegmentationStorage

from tfpartial.data.problem import FileError

OTHER = "1.2.826.0.1.3680043.8.498.2"
CORONAL = [1, 0, 0, 0, 0, -1]


def refused(folder, **options):
    with pytest.raises(FileError) as caught:
        folder.voxels(**options)
    return caught.value


def tilted(series):
    for number in range(3):
        series.add(f"{number}", series.stored(number), (0, number, 3 * number))


def truncated(series, share):
    path = series.write()[1]
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def without(keyword):
    return lambda series: series.write(**{keyword: None})


def having(**elements):
    return lambda series: series.write(**elements)


def one_more(**elements):
    def make(series):
        series.write()
        series.add("more", series.stored(3), elements.pop("position_mm", (-10, -20, 9)), **elements)

    return make


def one_larger(series):
    series.write()
    series.add("more", np.zeros((6, 5), np.int16), (-10, -20, 9))


def one_empty(series):
    series.write()
    (series.path / "04.dcm").touch()


def one_text(series):
    series.write()
    (series.path / "04.dcm").write_text("no DICOM at all, but named so")


def only_text(series):
    (series.path / "readme.txt").write_text("to come")


def only_subfolders(series):
    series.write()
    series.path.rename(series.path.with_name("deeper"))
    series.path.mkdir()
    series.path.with_name("deeper").rename(series.path / "deeper")


def garbled(series):
    path = series.write()[1]
    content = bytearray(path.read_bytes())
    content[300:600] = bytes(255 - byte for byte in content[300:600])
    path.write_bytes(content)


def dangling_link(series):
    series.write()
    (series.path / "IM4").symlink_to(series.path / "elsewhere")


DEFECTS = {
    "dangling link": (dangling_link, "unreadable", "IM4: cannot be read: No such file"),
    "no folder": (lambda series: series.path.rmdir(), "missing_file", "no such folder"),
    "empty folder": (lambda series: None, "no_images", "got an empty folder"),
    "text only": (only_text, "no_images", "got 1 files that are no DICOM"),
    "subfolders only": (only_subfolders, "no_images", "got 1 folders, which are not entered"),
    "SEG only": (
        having(SOPClassUID=SegmentationStorage, Modality="SEG"),
        "no_images",
        r"DICOM files of other kinds \(3 × Segmentation Storage\)",
    ),
    "two series": (
        one_more(SeriesInstanceUID=OTHER, Modality="PT"),
        "several_series",
        r"expected one: keep one .* by `series`, `modality` or `least_slices`.*\(PT, 'abdomen', 1 slices\)",
    ),
    "tilt": (tilted, "gantry_tilt", r"tilted by 18.43 degrees.*`uneven: resample`.*or give a series"),
    "tilt and gaps": (
        lambda series: [series.add(f"{n}", series.stored(n), (0, n, n * n)) for n in range(4)],
        "gantry_tilt",
        "degrees.* and their distances vary from 1 to 5 mm",
    ),
    "missing slice": (
        lambda series: series.write([0, 3, 9]),
        "uneven_slices",
        r"distances vary from 3 to 6 mm \(the largest lies between 02.dcm and 01.dcm\).*`uneven: resample`",
    ),
    "duplicate": (
        one_more(position_mm=(-10, -20, 3)),
        "duplicate_slices",
        r"02.dcm and more lie at the same place \(1 such pairs in 4",
    ),
    "sizes": (one_larger, "mixed_sizes", r"sizes \(y, x\), \(4, 5\) in 01.dcm and \(6, 5\) in more"),
    "orientations": (
        one_more(ImageOrientationPatient=CORONAL),
        "mixed_orientations",
        r"\(1, 0, 0, 0, 1, 0\).*\(1, 0, 0, 0, 0, -1\)",
    ),
    "pixel spacings": (one_more(PixelSpacing=[2, 2]), "mixed_spacing", r"\(2, 1\) in 01.dcm and \(2, 2\) in more"),
    "no position": (without("ImagePositionPatient"), "no_position", "has no ImagePositionPatient"),
    "no orientation": (without("ImageOrientationPatient"), "no_orientation", "has no ImageOrientationPatient"),
    "no spacing": (without("PixelSpacing"), "no_pixel_spacing", "has no PixelSpacing"),
    "empty spacing": (having(PixelSpacing=[]), "no_pixel_spacing", "has no PixelSpacing"),
    "spacing 0": (having(PixelSpacing=[0, 1]), "bad_header", r"PixelSpacing is \[0.0, 1.0\]; expected more than 0 mm"),
    "one spacing": (having(PixelSpacing=1), "bad_header", r"PixelSpacing is \[1.0\]; expected 2 finite numbers"),
    "skewed axes": (
        having(ImageOrientationPatient=[1, 0, 0, 0.5, 0.8, 0]),
        "bad_header",
        "expected two unit vectors at right angles",
    ),
    "slope 0": (having(RescaleSlope=0), "bad_header", "RescaleSlope is 0"),
    "one slice, no thickness": (lambda series: series.write([0], SliceThickness=None), "no_slice_thickness", "extent is unknown"),
    "colours": (having(SamplesPerPixel=3), "colour", "has 3 colours per pixel"),
    "frames": (having(NumberOfFrames=5, SOPClassUID=EnhancedCTImageStorage), "multi_frame", "holds 5 frames"),
    "cut in the pixels": (lambda series: truncated(series, 0.99), "truncated", r"02.dcm.*the file ends early"),
    "cut in the header": (lambda series: truncated(series, 0.5), "truncated", r"02.dcm.*expected the pixels of a CT Image"),
    "cut in the preamble": (lambda series: truncated(series, 0.1), "damaged", r"02.dcm.*named like a DICOM file and is none"),
    "empty file": (one_empty, "damaged", r"04.dcm.*\(0 bytes\)"),
    "text named dcm": (one_text, "damaged", r"04.dcm.*is named like a DICOM file"),
    "missing pixels": (having(PixelData=None), "truncated", "expected the pixels"),
    "garbled": (garbled, "damaged|truncated|bad_header|unreadable", "02.dcm"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_refuses(series, defect, capfd):
    make, kind, words = DEFECTS[defect]
    make(series)
    error = refused(series)
    assert error.kind in kind.split("|")
    assert re.search(words, str(error))
    assert "\n" not in str(error)
    assert capfd.readouterr() == ("", "")


def test_refuses_an_unknown_series_with_those_that_are_there(series):
    series.write()
    error = refused(series, series="1.2.3")
    assert error.kind == "unknown_series"
    assert f"holds no series '1.2.3'; there are: {series.SERIES} (CT, 'abdomen', 3 slices)" in error.reason


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_bytes_are_read_or_refused_and_never_crash(tmp_path_factory, series, caplog, data):
    series = type(series)(tmp_path_factory.mktemp("damage") / "series")
    path = series.write()[1]
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(128, len(content) - 1), max_size=8), label="places"):
        content[place] = data.draw(st.integers(0, 255), label="byte")
    path.write_bytes(content[: data.draw(st.integers(0, len(content)), label="length")])
    try:
        shape = series.open(uneven="resample").native.shape_zyx
        assert series.voxels(uneven="resample").shape == shape
    except FileError as error:
        assert "\n" not in str(error)
    assert not caplog.records
