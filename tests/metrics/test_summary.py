"""Scores of several cases summed up."""

import json
import math

import numpy as np
import pytest

from tfpartial.labels import OrganTable
from tfpartial.metrics.scoring import METRICS, OrganScore
from tfpartial.metrics.summary import overview, summarise

ORGANS = OrganTable(("liver", "spleen", "pancreas"))
SCORES = [
    OrganScore("a", "liver", "scored", dsc=0.9, hd_mm=8.0),
    OrganScore("b", "liver", "scored", dsc=0.6, hd_mm=2.0),
    OrganScore("c", "liver", "missed", dsc=0.0),
    OrganScore("a", "spleen", "scored", dsc=0.7, hd_mm=4.0),
    OrganScore("b", "spleen", "absent"),
    OrganScore("c", "spleen", "false_positive", dsc=0.0),
    OrganScore("a", "pancreas", "absent"),
    OrganScore("b", "pancreas", "not_annotated"),
    OrganScore("c", "pancreas", "not_annotated"),
]


@pytest.fixture
def summary():
    return summarise(SCORES, ORGANS)


def test_each_metric_is_summed_up_over_the_cases_where_it_is_defined(summary):
    liver, spleen, _ = summary["organs"]
    assert liver["dsc"] == {
        "mean": pytest.approx(0.5),
        "sd": pytest.approx(np.std([0.9, 0.6, 0.0], ddof=1)),
        "median": pytest.approx(0.6),
        "n": 3,
    }
    assert liver["hd_mm"] == {"mean": 5.0, "sd": pytest.approx(math.sqrt(18)), "median": 5.0, "n": 2}
    assert (spleen["dsc"]["mean"], spleen["dsc"]["n"]) == (pytest.approx(0.7), 1)  # the false positive is in no mean


def test_every_state_is_counted_apart(summary):
    assert [row["states"] for row in summary["organs"]] == [
        {"scored": 2, "missed": 1, "false_positive": 0, "absent": 0, "not_annotated": 0},
        {"scored": 1, "missed": 0, "false_positive": 1, "absent": 1, "not_annotated": 0},
        {"scored": 0, "missed": 0, "false_positive": 0, "absent": 1, "not_annotated": 2},
    ]
    assert summary["overall"]["states"] == {"scored": 3, "missed": 1, "false_positive": 1, "absent": 2, "not_annotated": 2}


def test_what_is_undefined_is_none_with_a_reason(summary):
    _, spleen, pancreas = summary["organs"]
    assert pancreas["dsc"]["mean"] is None
    assert pancreas["dsc"]["n"] == 0
    assert pancreas["dsc"]["reason"] == "no case has a value: 1 absent, 2 not_annotated"
    assert (spleen["hd_mm"]["mean"], spleen["hd_mm"]["sd"], spleen["hd_mm"]["reason"]) == (4.0, None, "sd: one value has none")
    assert "NaN" not in json.dumps(summary)


def test_over_all_every_value_counts_and_beside_it_every_organ(summary):
    overall = summary["overall"]["dsc"]
    assert overall["mean"] == pytest.approx(np.mean([0.9, 0.6, 0.0, 0.7]))
    assert (overall["median"], overall["n"]) == (pytest.approx(0.65), 4)
    assert overall["mean_of_organs"] == pytest.approx((0.5 + 0.7) / 2)
    assert summary["overall"]["asd_mm"]["mean_of_organs"] is None


def test_no_case_at_all_gives_a_reason_too():
    assert summarise([], ORGANS)["overall"]["dsc"]["reason"] == "no case has a value: no case"


def test_the_overview_has_a_row_per_organ_and_their_mean(summary):
    rows = overview(summary)
    assert [row["organ"] for row in rows] == [*ORGANS.names, "mean of organs"]
    assert [row["dsc"] for row in rows] == [pytest.approx(0.5), pytest.approx(0.7), None, pytest.approx(0.6)]
    assert [row["missed"] for row in rows] == [1, 0, 0, 1]
    assert all(set(METRICS) < set(row) for row in rows)
