import json

import numpy as np
import pytest

from tfpartial.artifacts import write_json
from tfpartial.data.manifest import Manifest
from tfpartial.data.survey.case_statistics import CaseStatistics
from tfpartial.data.survey.fingerprint import fingerprint
from tfpartial.data.survey.value_counts import ValueCounts, count_table
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable

MANIFEST = Manifest("tiny", OrganTable(("liver",)), ("CT", "PET"), ("liver",), 0.1, {})


def case(name, shape, spacing, foreground, nonzero=None):
    counts = tuple(ValueCounts.of_table(count_table(np.array(numbers, np.int16))) for numbers in foreground)
    return CaseStatistics(name, None, ("liver",), shape, spacing, 0, (), counts, nonzero or shape)


CASES = [
    case("b", (20, 100, 100), (5.0, 0.8, 0.8), ([40, 60], [])),
    case("a", (10, 50, 80), (2.5, 1.0, 1.0), ([-10], []), nonzero=(10, 25, 40)),
    case("c", (60, 80, 80), (5.0, 0.9, 0.9), ([], [])),
]


def test_sizes_and_spacings_axis_by_axis():
    found = fingerprint(MANIFEST, CASES)
    assert found["size_zyx"] == {"min": [10, 50, 80], "median": [20, 80, 80], "max": [60, 100, 100]}
    assert found["size_after_crop_zyx"]["min"] == [10, 25, 40]
    assert found["spacing_mm_zyx"]["median"] == [5, 0.9, 0.9]
    assert found["anisotropy"] == pytest.approx(5 / 0.9)
    assert found["coarsest_axis"] == "z"
    assert found["median_relative_size_after_crop"] == 1
    assert list(found["cases"]) == ["a", "b", "c"]
    assert found["cases"]["a"]["spacing_mm_zyx"] == (2.5, 1.0, 1.0)


def test_intensities_are_those_of_all_foreground_voxels():
    found = fingerprint(MANIFEST, CASES)["foreground_intensity"]
    values = [-10, 40, 60]
    low, high = np.percentile(values, (0.5, 99.5))
    expected = {"voxels": 3, "mean": 30, "sd": np.std(values), "min": -10, "median": 40, "max": 60, "p0.5": low, "p99.5": high}
    assert found["CT"] == pytest.approx(expected)
    assert found["PET"] is None


def test_the_order_of_the_cases_makes_no_difference(tmp_path):
    for name, cases in (("one", CASES), ("other", CASES[::-1])):
        write_json(tmp_path / name, fingerprint(MANIFEST, cases))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    assert json.loads((tmp_path / "one").read_text())["channel_names"] == ["CT", "PET"]


def test_no_case_is_an_error():
    with pytest.raises(TfpartialError, match="fingerprint: expected at least one case, got none"):
        fingerprint(MANIFEST, [])
