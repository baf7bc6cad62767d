"""The order in which cases are annotated."""

from pathlib import Path

import pytest

from tfpartial.audit.case import CaseAudit
from tfpartial.audit.missing import MissingOrgan
from tfpartial.audit.next_cases import rank_cases
from tfpartial.data.manifest import Manifest, ManifestCase
from tfpartial.labels import OrganTable

ORGANS = ("liver", "spleen")


def case(name, **voxels):
    """One with voxels of 1 ml, annotated for the organs that are named."""
    return ManifestCase(name, Path("/d"), (), (), tuple(voxels), None, name, (9, 9, 9), (10.0, 10.0, 10.0), voxels)


def missing(organ, volume_ml, uncertainty):
    entropy = uncertainty
    return MissingOrgan(organ, volume_ml, 100.0, 0.9 if volume_ml else None, entropy, uncertainty)


def rank(cases, audits, diversity=0.0):
    manifest = Manifest("demo", OrganTable(ORGANS), ("CT",), ORGANS, 0.1, {one.id: one for one in cases})
    found = [CaseAudit(name, (), organs) for name, organs in audits.items()]
    return rank_cases(found, manifest, {one.id: one.annotated for one in cases}, diversity)


def test_the_most_uncertain_case_comes_first_and_equal_ones_by_name():
    audits = {name: (missing("spleen", 100.0, value),) for name, value in (("c", 0.2), ("a", 0.1), ("b", 0.2))}
    result = rank([case(name, liver=100) for name in "abc"], audits)
    assert [(one.case, one.score) for one in result] == [("b", 0.2), ("c", 0.2), ("a", 0.1)]


def test_uncertainty_is_the_mean_over_the_missing_organs_that_have_one():
    (one,) = rank([case("a")], {"a": (missing("liver", 50.0, 0.1), missing("spleen", 80.0, 0.3))})
    assert one.uncertainty == pytest.approx(0.2)
    assert [organ.organ for organ in one.organs] == ["spleen", "liver"]
    assert one.reason == "spleen: entropy 0.30 bit over 80 ml, usually 100 ml; liver: entropy 0.10 bit over 50 ml, usually 100 ml"


def test_a_case_of_which_nothing_is_predicted_is_last_and_says_so():
    audits = {"a": (missing("spleen", 0.0, None),), "b": (missing("spleen", 100.0, 0.01),)}
    result = rank([case("a", liver=100), case("b", liver=100)], audits, diversity=1.0)
    assert [(one.case, one.score) for one in result] == [("b", pytest.approx(0.01)), ("a", None)]
    assert result[1].reason == "nothing predicted of spleen"


def test_of_equally_uncertain_cases_the_one_unlike_the_known_ones_comes_first():
    cases = [case("known", liver=100, spleen=100), case("alike", liver=100), case("other", liver=400)]
    audits = {name: (missing("spleen", 100.0, 0.2),) for name in ("alike", "other")}
    first, second = rank(cases, audits, diversity=0.5)
    assert (first.case, second.case) == ("other", "alike")
    assert second.novelty == 0
    assert second.score == pytest.approx(0.1)


def test_a_chosen_case_makes_its_likes_less_new():
    cases = [case("a", liver=100), case("b", liver=100), case("c", liver=900)]
    audits = {name: (missing("spleen", 100.0, value),) for name, value in (("a", 0.3), ("b", 0.29), ("c", 0.2))}
    assert [one.case for one in rank(cases, audits, diversity=0.0)] == ["a", "b", "c"]
    result = rank(cases, audits, diversity=1.0)
    assert [one.case for one in result] == ["a", "c", "b"]
    assert [one.novelty for one in result] == [1.0, pytest.approx(0.788, abs=0.001), 0.0]  # 1 - exp(-ln(901 / 101) / sqrt(2))


def test_cases_without_missing_organs_are_not_listed():
    assert rank([case("a", liver=1, spleen=1)], {"a": ()}) == []
