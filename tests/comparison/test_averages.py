"""Means and spreads by hand."""

import math

import pytest

from tfpartial.comparison.averages import MEAN, averages
from tfpartial.comparison.joined_scores import join_scores
from tfpartial.comparison.runs import runs_of_folders


def of(*folders, metric="dsc"):
    """Organ -> average, of the one method there is."""
    return {average.organ: average for average in averages(join_scores(runs_of_folders(folders)), metric)}


def test_an_organ_over_folds_and_over_cases(scored):
    first = scored("certain/fold0", {"a": [0.8, 0.5], "b": [0.6, 0.5]})
    second = scored("certain/fold1", {"c": [0.4, 0.5]})
    liver = of(first, second)["liver"]
    assert (liver.folds, liver.fold_mean) == (2, pytest.approx((0.7 + 0.4) / 2))
    assert liver.fold_sd == pytest.approx(0.3 / math.sqrt(2))
    assert (liver.cases, liver.case_mean, liver.case_median) == (3, pytest.approx(0.6), pytest.approx(0.6))
    assert liver.case_sd == pytest.approx(0.2)
    assert (liver.values, liver.undefined, liver.reason) == (3, 0, "")


def test_each_organ_counts_the_same_in_a_fold_and_each_case_the_same_over_cases(scored):
    mean = of(scored("certain", {"a": [0.9, 0.3], "b": [0.7, None], "c": [0.5, None]}))[MEAN]
    assert mean.fold_mean == pytest.approx((0.7 + 0.3) / 2)
    assert mean.case_mean == pytest.approx((0.6 + 0.7 + 0.5) / 3)
    assert mean.case_sd == pytest.approx(0.1)
    assert (mean.values, mean.undefined, mean.cases) == (4, 2, 3)


def test_a_case_of_several_folds_is_one_case(scored):
    liver = of(
        scored("certain/fold0", {"a": [0.8, 0.1], "b": [0.5, 0.1]}),
        scored("certain/fold1", {"a": [0.6, 0.1], "b": [0.5, 0.1]}),
    )["liver"]
    assert (liver.cases, liver.case_mean, liver.values) == (2, pytest.approx((0.7 + 0.5) / 2), 4)


def test_the_spread_is_over_folds_and_seeds(scored):
    folders = [
        scored(f"fold{fold}/seed{seed}/certain", {f"case{fold}": [dsc, 0.5]})
        for fold, seed, dsc in ((0, 0, 0.2), (0, 1, 0.4), (1, 0, 0.6), (1, 1, 0.8))
    ]
    liver = of(*folders)["liver"]
    assert (liver.folds, liver.seeds, liver.trainings, liver.cases) == (2, 2, 4, 2)
    assert liver.fold_mean == pytest.approx(0.5)
    assert liver.fold_sd == pytest.approx(math.sqrt(0.2 / 3))
    assert liver.case_sd == pytest.approx(0.4 / math.sqrt(2))


def test_an_absent_organ_that_was_found_is_counted_and_in_no_mean(scored):
    found = of(scored("certain", {"a": [0.8, "false_positive"], "b": [0.6, 0.5]}))
    assert (found["spleen"].fold_mean, found["spleen"].values, found["spleen"].false_positives) == (0.5, 1, 1)
    assert (found["liver"].false_positives, found[MEAN].false_positives) == (0, 1)
    assert found[MEAN].fold_mean == pytest.approx((0.7 + 0.5) / 2)


def test_what_is_undefined_is_nan_and_says_why(scored):
    found = of(scored("certain", {"a": [0.5, None]}))
    assert (found["liver"].fold_mean, found["liver"].reason) == (0.5, "one value has no spread: folds and cases")
    assert math.isnan(found["liver"].fold_sd) and math.isnan(found["liver"].case_sd)
    assert math.isnan(found["spleen"].fold_mean)
    assert (found["spleen"].folds, found["spleen"].cases, found["spleen"].reason) == (0, 0, "no case has a value")


def test_a_missed_organ_counts_for_the_overlap_and_not_for_distances(scored):
    folder = scored("certain", {"a": [0.0, 0.5], "b": [0.4, 0.5]})
    assert (of(folder)["liver"].fold_mean, of(folder)["liver"].values) == (0.2, 2)
    distance = of(folder, metric="hd_mm")["liver"]
    assert (distance.fold_mean, distance.values, distance.undefined) == (4.0, 1, 1)
