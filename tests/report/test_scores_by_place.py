"""Scores by method, share of labels and fold."""

import math

import pytest

from tfpartial.comparison.averages import MEAN
from tfpartial.comparison.runs import Run
from tfpartial.report.scores_by_place import read_results


def test_means_and_spread_are_over_folds(scored):
    first = Run("certain", 0.3, 0, scored("one", {"a": (0.4, 0.8), "b": (0.6, None)}))
    second = Run("certain", 0.3, 1, scored("two", {"c": (0.9, 0.4)}))
    results = read_results([first, second])
    (group,) = results.groups
    assert (group.label, results.spread_over) == ("certain, α 30 %", "2 folds")
    assert (group.mean("liver"), group.mean("spleen")) == (pytest.approx(0.7), pytest.approx(0.6))
    assert group.sd("liver") == pytest.approx(math.sqrt(0.08))  # of 0.5 and 0.9
    assert group.mean(MEAN) == pytest.approx((0.65 + 0.65) / 2)
    assert sorted(group.values("liver")) == [0.4, 0.6, 0.9]
    assert group.states("spleen") == {"scored": 2, "not_annotated": 1}


def test_means_and_spread_are_over_seeds_too(scored):
    runs = [Run("certain", None, 0, scored(f"seed{seed}", {"a": (dsc, "absent")}), seed) for seed, dsc in ((1, 0.4), (2, 0.6))]
    results = read_results(runs)
    (group,) = results.groups
    assert (results.spread_over, results.label(runs[1])) == ("2 seeds", "certain, seed 2")
    assert (group.mean("liver"), group.sd("liver")) == (pytest.approx(0.5), pytest.approx(math.sqrt(0.02)))
    assert sorted(group.values("liver")) == [0.4, 0.6]


def test_an_absent_organ_that_was_found_is_no_dsc_of_a_box(scored):
    (group,) = read_results([Run("certain", None, 0, scored("one", {"a": (0.4, "false_positive"), "b": (0.6, 0.8)}))]).groups
    assert (group.values("spleen"), group.mean("spleen")) == ([0.8], 0.8)
    assert group.states("spleen") == {"false_positive": 1, "scored": 1}


def test_with_one_fold_the_spread_is_over_cases(scored):
    results = read_results([Run("certain", None, 0, scored("one", {"a": (0.4, 0.8), "b": (0.6, None)}))])
    (group,) = results.groups
    assert group.sd("liver") == pytest.approx(math.sqrt(0.02))
    assert math.isnan(group.sd("spleen"))
    assert results.spread_over == "cases"
    assert results.label(Run("certain", None, 0, None)) == "certain"


def test_the_best_group_has_the_highest_mean_dsc(scored):
    runs = [Run(name, None, 0, scored(name, {"a": (dsc, dsc)})) for name, dsc in (("x", 0.2), ("y", 0.7), ("z", 0.5))]
    assert read_results(runs).best().method == "y"
    assert read_results([Run("x", None, 0, scored("none", {"a": (None, None)}))]).best() is None
    assert read_results([]).best() is None


def test_scores_that_cannot_be_read_are_problems_and_the_others_stay(scored, tmp_path):
    good, bad = scored("good", {"a": (0.4, 0.8)}), scored("bad", {"a": (0.4, 0.8)})
    (bad / "scores.csv").write_text("case,organ\n")
    results = read_results([Run("good", None, 0, good), Run("bad", None, 0, bad)])
    assert [group.method for group in results.groups] == ["good"]
    assert "scores.csv: has no column state" in results.problems[0]
