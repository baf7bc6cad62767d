"""Sizes of organs: golden numbers of three cases."""

import pytest

from tfpartial.data.survey.case_statistics import ABSENT, CaseStatistics, OrganStatistics
from tfpartial.data.survey.coverage import keep_labels
from tfpartial.data.survey.organ_sizes import sizes_json
from tfpartial.labels import OrganTable
from tfpartial.losses.regularisers.size_bounds import FORMAT, QUANTILES

ORGANS = OrganTable(("liver", "spleen"))


def organ(*slice_voxels):
    hu = (0.0, 0.0, 0.0)
    return OrganStatistics(sum(slice_voxels), ((0, len(slice_voxels)), (0, 9), (0, 9)), 0.0, hu, slice_voxels)


def case(name, annotated, organs, spacing_mm_zyx=(10.0, 2.0, 0.5)):
    return CaseStatistics(name, None, annotated, (9, 9, 9), spacing_mm_zyx, 0, organs, (), (9, 9, 9))


CASES = [
    case("a", ("liver", "spleen"), (organ(1, 3), ABSENT)),
    case("b", ("liver",), (organ(5), ABSENT), spacing_mm_zyx=(1.0, 2.0, 2.0)),
    case("c", ("liver", "spleen"), (ABSENT, organ(4))),
]


def test_areas_are_of_slices_and_volumes_of_cases_that_show_the_organ():
    """Areas of the liver are 1, 3 and 20 mm², its volumes 40 and 20 mm³."""
    liver = sizes_json(CASES, ORGANS, "n")["organs"]["liver"]
    assert liver["area_mm2"] == pytest.approx({"n": 3, "min": 1, "p5": 1.2, "median": 3, "p95": 18.3, "max": 20})
    assert liver["volume_mm3"] == pytest.approx({"n": 2, "min": 20, "p5": 21, "median": 30, "p95": 39, "max": 40})


def test_cases_that_are_not_annotated_for_the_organ_do_not_count():
    """`a` keeps its liver, `c` nothing: nobody drew a spleen, and its numbers are none."""
    kept = list(keep_labels(CASES, ORGANS, {"a": ["liver"], "c": []}))
    organs = sizes_json(kept, ORGANS, "n")["organs"]
    assert (organs["liver"]["area_mm2"]["n"], organs["liver"]["volume_mm3"]["max"]) == (2, 40.0)
    nothing = {"n": 0, **dict.fromkeys(QUANTILES)}
    assert organs["spleen"] == {"area_mm2": nothing, "volume_mm3": nothing}


def test_labels_of_an_organ_that_is_not_annotated_are_not_looked_at():
    unannounced = case("d", ("spleen",), (organ(7), organ(1)))
    assert sizes_json([unannounced], ORGANS, "n")["organs"]["liver"]["area_mm2"]["n"] == 0


def test_the_file_says_its_format_and_the_name_of_the_data_set():
    content = sizes_json(CASES, ORGANS, "two organs")
    assert (content["format"], content["name"], list(content["organs"])) == (FORMAT, "two organs", ["liver", "spleen"])
