"""Pairs are cases that both methods have a value for."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tfpartial.comparison.averages import MEAN, averages
from tfpartial.comparison.joined_scores import join_scores
from tfpartial.comparison.paired_tests import paired_tests
from tfpartial.comparison.runs import Run, runs_of_folders
from tfpartial.metrics.significance import compare_differences, compare_pairs, holm

NAIVE = {"a": [0.1, 0.2], "b": [0.2, 0.4], "c": [0.3, None], "d": [0.0, None]}
CERTAIN = {"a": [0.5, 0.4], "b": [0.5, 0.3], "c": [0.8, None], "d": [0.2, None]}


def by_organ(*folders, metric="dsc"):
    """Organ -> test."""
    return {test.organ: test for test in paired_tests(join_scores(runs_of_folders(folders)), metric, seed=0)}


def test_an_organ_is_paired_by_case(scored):
    found = by_organ(scored("naive", NAIVE), scored("certain", CERTAIN))
    assert list(found) == [MEAN, "liver", "spleen"]
    assert found["liver"].result == compare_pairs([0.1, 0.2, 0.3, 0.0], [0.5, 0.5, 0.8, 0.2])
    assert (found["spleen"].result.n, found["spleen"].result.mean_difference) == (2, pytest.approx(0.05))
    assert (found["liver"].first, found["liver"].second) == ("naive", "certain")


def test_the_organs_of_a_case_are_one_pair(scored):
    organs = {case: values for case, values in NAIVE.items() if case in "ab"}, {case: CERTAIN[case] for case in "ab"}
    naive, certain = (scored(name, values) for name, values in zip(("naive", "certain"), organs, strict=True))
    assert by_organ(naive, certain)[MEAN].result == compare_pairs([0.15, 0.3], [0.45, 0.4])


def test_the_mean_is_tested_as_the_tables_show_it(scored):
    folders = scored("naive", NAIVE), scored("certain", CERTAIN)
    naive, certain = (
        average.fold_mean for average in averages(join_scores(runs_of_folders(folders)), "dsc") if average.organ == MEAN
    )
    # Liver: 0.4, 0.3, 0.5, 0.2, mean 0.35, each 1/8; spleen: 0.2, -0.1, mean 0.05, each 1/4. D = 0.2.
    result = by_organ(*folders)[MEAN].result
    assert result.mean_difference == pytest.approx(certain - naive)
    assert result == compare_differences([0.2 + 0.025 + 0.15, 0.2 - 0.025 - 0.15, 0.2 + 0.075, 0.2 - 0.075])


def test_seeds_are_averaged_per_case_before_the_test(scored):
    one, two = ({"a": [value, 0.5], "b": [0.2, 0.5]} for value in (0.1, 0.3))
    better = {"a": [0.6, 0.5], "b": [0.5, 0.5]}
    folders = [scored(f"seed{seed}/naive", cases) for seed, cases in enumerate((one, two))]
    folders += [scored(f"seed{seed}/certain", better) for seed in (0, 1)]
    assert by_organ(*folders)["liver"].result == compare_pairs([0.2, 0.2], [0.6, 0.5])


def test_a_small_fold_counts_as_much_as_a_large_one(scored):
    """As in the means of the tables: 0.1 in a fold of three cases, 0.5 in one of one case."""
    naive = [scored("naive/fold0", {case: [0.2, 0.2] for case in "abc"}), scored("naive/fold1", {"d": [0.2, 0.2]})]
    certain = [scored("certain/fold0", {case: [0.3, 0.3] for case in "abc"}), scored("certain/fold1", {"d": [0.7, 0.7]})]
    assert by_organ(*naive, *certain)[MEAN].result.mean_difference == pytest.approx(0.3)


def test_an_absent_organ_that_one_method_found_is_no_pair(scored):
    naive = scored("naive", {"a": [0.5, "absent"], "b": [0.5, 0.5]})
    certain = scored("certain", {"a": [0.6, "false_positive"], "b": [0.7, 0.5]})
    spleen = by_organ(naive, certain)["spleen"]
    assert (spleen.result.n, spleen.only_second, spleen.neither) == (1, 0, 1)


def test_values_without_a_partner_are_left_out_and_counted(scored):
    found = by_organ(scored("naive", NAIVE), scored("certain", CERTAIN), metric="hd_mm")
    liver, spleen, mean = found["liver"], found["spleen"], found[MEAN]
    assert (liver.result.n, liver.only_first, liver.only_second, liver.neither) == (3, 0, 1, 0)
    assert (spleen.result.n, spleen.neither, spleen.unpaired) == (2, 2, 2)
    assert (mean.result.n, mean.unpaired) == (3, 3)


def test_the_mean_takes_the_organs_that_both_have(scored):
    naive, certain = (
        scored("naive", {"a": [0.5, 0.0], "b": [0.5, 0.3]}),
        scored("certain", {"a": [0.6, 0.9], "b": [0.7, 0.5]}),
    )
    mean = by_organ(naive, certain, metric="hd_mm")[MEAN]
    # Liver: 1 and 2; spleen: 2 in case b alone.
    assert mean.result == compare_differences([1.75 - 0.25, 1.75 + 0.25])


def test_cases_of_all_folds_are_paired_and_one_tested_twice_is_one_pair(scored):
    folders = [
        scored("naive/fold0", {"a": [0.1, 0.1], "b": [0.2, 0.1]}),
        scored("naive/fold1", {"a": [0.3, 0.1], "c": [0.2, 0.1]}),
        scored("certain/fold0", {"a": [0.5, 0.1], "b": [0.5, 0.1]}),
        scored("certain/fold1", {"a": [0.5, 0.1], "c": [0.5, 0.1]}),
    ]
    assert by_organ(*folders)["liver"].result == compare_pairs([0.2, 0.2, 0.2], [0.5, 0.5, 0.5])


def test_every_pair_of_methods_is_compared_at_each_share(scored):
    runs = [
        Run(method, alpha, 0, scored(f"{method}{alpha}", {"a": [0.5, 0.5], "b": [value, 0.5]}))
        for alpha in (1.0, 0.1)
        for method, value in (("x", 0.1), ("y", 0.2), ("z", 0.4))
        if (method, alpha) != ("z", 1.0)
    ]
    found = paired_tests(join_scores(runs), "dsc", seed=0)
    assert [(test.alpha, test.first, test.second) for test in found if test.organ == MEAN] == [
        (1.0, "x", "y"),
        (0.1, "x", "y"),
        (0.1, "x", "z"),
        (0.1, "y", "z"),
    ]


def test_p_values_are_corrected_over_all_tests_of_the_metric(scored):
    found = list(by_organ(scored("naive", NAIVE), scored("certain", CERTAIN)).values())
    for corrected, plain in (("t_p_holm", "t_p"), ("wilcoxon_p_holm", "wilcoxon_p")):
        values = [getattr(test, corrected) for test in found]
        assert values == holm([getattr(test.result, plain) for test in found])
        assert values[1] > getattr(found[1].result, plain)


def test_equal_methods_are_no_evidence_and_say_why(scored):
    liver = by_organ(scored("naive", NAIVE), scored("certain", NAIVE))["liver"]
    assert math.isnan(liver.t_p_holm) and math.isnan(liver.wilcoxon_p_holm)
    assert liver.result.reasons == ("tests and interval: all differences are 0",)


@given(st.permutations(list("abcd")))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_the_cases_in_the_files_does_not_matter(scored, order):
    certain = scored("certain", {case: CERTAIN[case] for case in order})
    assert by_organ(scored("naive", NAIVE), certain)["liver"].result == compare_pairs([0.0, 0.1, 0.2, 0.3], [0.2, 0.5, 0.5, 0.8])
