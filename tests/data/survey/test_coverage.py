"""Coverage: golden numbers of three cases, and the weight rule against the weight maps themselves."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.artifacts import write_json
from tfpartial.data.survey.case_statistics import ABSENT, CaseStatistics, OrganStatistics
from tfpartial.data.survey.coverage import Spread, case_table, keep_labels, learnable_voxels, measure_coverage
from tfpartial.errors import TfpartialError
from tfpartial.labels import IGNORE, OrganTable

ORGANS = OrganTable(("liver", "spleen", "gallbladder"))


def organ(voxels, box=((1, 3), (0, 2), (0, 2)), hu=50.0):
    return OrganStatistics(voxels, box, hu, (hu - 10, hu, hu + 10)) if voxels else ABSENT


def case(name, annotated, voxels, source="A", ignored=0, box=((1, 3), (0, 2), (0, 2))):
    """10 × 10 × 10 voxels of 10 × 2 × 2 mm (0.04 ml)."""
    organs = tuple(organ(count, box) for count in voxels)
    return CaseStatistics(name, source, annotated, (10, 10, 10), (10.0, 2.0, 2.0), ignored, organs, (), (10, 10, 10))


CASES = [
    case("b1", ("spleen",), (0, 50, 0), source="B", box=((0, 5), (0, 2), (0, 2))),
    case("a1", ("liver", "spleen", "gallbladder"), (200, 100, 0)),
    case("a2", ("liver",), (300, 0, 0), ignored=100),
    case("u", (), (0, 0, 0), source=None),
]
LIVER, SPLEEN, GALLBLADDER = range(3)


def test_counts_cases_per_organ():
    found = measure_coverage(CASES, ORGANS)
    assert [(one.annotated, one.present, one.cut) for one in found.organs] == [(2, 2, 0), (2, 2, 1), (1, 0, 0)]
    assert [dict(one.sources) for one in found.organs] == [{"A": 2}, {"A": 1, "B": 1}, {"A": 1}]
    assert (found.complete, found.unlabeled) == (("a1",), ("u",))


def test_cases_stand_by_source_and_then_from_most_to_fewest_organs():
    found = measure_coverage(CASES, ORGANS)
    assert found.cases == ("a1", "a2", "b1", "u")
    assert found.sources == ("A", "A", "B", "unknown")
    assert found.state.tolist() == [[1, 1, -1, -1], [1, -1, 1, -1], [0, -1, -1, -1]]


def test_cases_that_are_annotated_for_two_organs():
    assert measure_coverage(CASES, ORGANS).together.tolist() == [[2, 1, 1], [1, 2, 1], [1, 1, 1]]


def test_what_an_organ_may_learn_from():
    liver, spleen, gallbladder = measure_coverage(CASES, ORGANS).organs
    # Liver: all of a1, a2 without its 100 ignored voxels, and the 50 spleen voxels of b1. Of 4000 voxels.
    assert (liver.positive_share, liver.negative_share) == pytest.approx((500 / 4000, (800 + 600 + 50) / 4000))
    # Spleen: all of a1 and b1, and the 300 liver voxels of a2.
    assert (spleen.positive_share, spleen.negative_share) == pytest.approx((150 / 4000, (900 + 950 + 300) / 4000))
    # Gallbladder: all of a1, where it is absent; 300 and 50 voxels of other organs.
    assert (gallbladder.positive_share, gallbladder.learnable_share) == pytest.approx((0, 1350 / 4000))


@given(st.data())
def test_shares_are_those_of_the_weight_maps(data):
    """w_k = (annotated_k or label > 0) and label != 255, summed over every voxel."""
    annotated = np.array(data.draw(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=4)))
    drawn = np.array(data.draw(st.lists(st.sampled_from([0, 1, 2, 3, IGNORE]), min_size=12, max_size=12)))
    labels = np.array([[code if code in (0, IGNORE) or row[code - 1] else 0 for code in drawn] for row in annotated])
    codes = np.arange(1, 4)
    weights = (annotated[:, None] | (labels > 0)[..., None]) & (labels != IGNORE)[..., None]  # [cases, voxels, K]
    targets = labels[..., None] == codes
    voxels = targets.sum(axis=1)
    positive, negative = learnable_voxels(annotated, voxels, (labels != IGNORE).sum(axis=1))
    assert positive.tolist() == (weights & targets).sum(axis=(0, 1)).tolist()
    assert negative.tolist() == (weights & ~targets).sum(axis=(0, 1)).tolist()


def test_sizes_are_of_the_cases_where_the_organ_is_present():
    liver, _, gallbladder = measure_coverage(CASES, ORGANS).organs
    assert liver.volume_ml.cases == 2
    assert liver.volume_ml.mean == pytest.approx(10)  # 200 and 300 voxels of 0.04 ml
    assert liver.volume_ml.sd == pytest.approx(np.sqrt(8))
    assert (liver.volume_ml.p5, liver.volume_ml.p95) == pytest.approx((8.2, 11.8))
    assert (liver.extent_mm_z.max, liver.extent_mm_x.median) == (20, 4)
    assert liver.hu_mean.median == 50
    assert gallbladder.volume_ml == Spread(0, None, None, None, None, None, None, None)


def test_the_spread_of_one_case_has_no_sd():
    assert Spread.of([3.0]) == Spread(1, 3.0, None, 3.0, 3.0, 3.0, 3.0, 3.0)


def test_organs_whose_label_was_removed_are_unknown_and_other_cases_left_out():
    kept = list(keep_labels(CASES, ORGANS, {"a1": ("spleen",), "b1": ()}))
    found = measure_coverage(kept, ORGANS)
    assert found.cases == ("a1", "b1")
    assert found.together.tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    liver, spleen, _ = found.organs
    assert liver.learnable_share == pytest.approx(100 / 2000)  # the spleen voxels of a1 only
    assert (spleen.positive_share, spleen.learnable_share) == pytest.approx((100 / 2000, 1000 / 2000))


def test_no_case_is_an_error():
    with pytest.raises(TfpartialError, match="coverage: expected at least one case, got none"):
        measure_coverage([], ORGANS)


def test_json_has_no_nan_and_names_what_is_undefined(tmp_path):
    write_json(tmp_path / "coverage.json", measure_coverage(CASES, ORGANS).to_json("tiny"))
    content = json.loads((tmp_path / "coverage.json").read_text())
    assert content["sources"] == {"A": 2, "B": 1, "unknown": 1}
    assert content["organs"][GALLBLADDER]["volume_ml"] == dict.fromkeys(
        ("mean", "sd", "min", "p5", "median", "p95", "max"), None
    ) | {"cases": 0}
    assert content["organs"][LIVER]["learnable_share"] == pytest.approx(1950 / 4000)
    assert content["annotated_together"][LIVER][SPLEEN] == 1


def test_tables_have_a_row_per_organ_and_per_annotated_organ_of_a_case():
    table = measure_coverage(CASES, ORGANS).table()
    assert table["sources"].tolist() == ["A 2", "A 1, B 1", "A 1"]
    assert table["volume_ml_mean"].tolist()[:2] == pytest.approx([10, 3])
    assert np.isnan(table["volume_ml_mean"][GALLBLADDER])
    rows = case_table(CASES, ORGANS)
    assert list(zip(rows["case"], rows["organ"], strict=True)) == [
        ("a1", "liver"),
        ("a1", "spleen"),
        ("a1", "gallbladder"),
        ("a2", "liver"),
        ("b1", "spleen"),
    ]
    assert rows["volume_ml"].tolist() == pytest.approx([8, 4, 0, 12, 2])
    assert rows["cut"].tolist() == [False, False, False, False, True]
    assert rows["hu_p95"].tolist()[:2] == [60, 60]
