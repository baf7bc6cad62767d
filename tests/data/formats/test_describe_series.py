"""What `info` says of a folder with DICOM files; here, where series are made."""

import pytest

from tfpartial.data.describe import describe
from tfpartial.errors import TfpartialError


def test_a_single_series_has_its_grid_and_numbers(series):
    series.write()
    found = describe(series.path)
    (row,) = found["series"]
    assert (row["series"], row["modality"], row["description"], row["slices"]) == (series.SERIES, "CT", "abdomen", 3)
    assert (row["size"], row["spacing_mm"], row["refused"]) == ([5, 4, 3], [1.0, 2.0, 3.0], "")
    assert found["range"] == [-1024, 200 + 19 - 1024]


def test_several_series_are_a_table(series):
    series.write()
    series.add("other.dcm", series.stored(0), (0, 0, 0), SeriesInstanceUID="1.2.3", SeriesDescription="scout")
    found = describe(series.path)
    assert sorted((row["description"], row["slices"]) for row in found["series"]) == [("abdomen", 3), ("scout", 1)]
    assert "range" not in found


def test_a_series_without_a_grid_has_the_reason(series):
    series.write(heights_mm=(0, 3, 9))
    (row,) = describe(series.path)["series"]
    assert row["size"] is None
    assert "distances" in row["refused"]


def test_a_single_slice_asks_for_its_folder(series):
    path = series.write()[0]
    with pytest.raises(TfpartialError, match="got CT Image Storage; for an image, give the folder of its series"):
        describe(path)
