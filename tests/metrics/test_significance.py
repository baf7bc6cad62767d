"""Paired comparisons against textbook values, and what must not change them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tfpartial.errors import TfpartialError
from tfpartial.metrics.significance import compare_pairs, holm

ZEA_MAYS = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]
"""Darwin's plants, crossed minus self-fertilised, in eighths of an inch (Fisher, The Design of Experiments, 1935)."""
SLEEP = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]
"""Additional hours of sleep, second drug minus first (Student 1908)."""
DSC = st.integers(0, 1000).map(lambda value: value / 1000)
PAIRS = st.lists(st.tuples(DSC, DSC), max_size=12)
TESTS = ("t", "t_p", "wilcoxon", "wilcoxon_p", "cohens_dz", "rank_biserial")


def of(differences, **options):
    return compare_pairs([0.0] * len(differences), differences, **options)


def split(pairs):
    return [first for first, _ in pairs], [second for _, second in pairs]


def test_darwins_plants():
    found = of(ZEA_MAYS)
    assert (found.n, found.mean_difference) == (15, pytest.approx(314 / 15))
    assert found.t == pytest.approx(2.148, abs=5e-4)
    assert found.t_p == pytest.approx(0.0497, abs=5e-5)
    # The two negative ones have ranks 10 and 14; 676 of the 2^15 choices of signs have a sum of ranks of at most 24.
    assert (found.wilcoxon, found.wilcoxon_p) == (24, 2 * 676 / 2**15)
    assert found.rank_biserial == pytest.approx((96 - 24) / 120)
    assert found.cohens_dz == pytest.approx(314 / 15 / 37.744, rel=1e-4)
    assert found.interval_kind == "bca"
    assert found.reasons == ()


def test_students_sleep():
    found = of(SLEEP)
    assert (found.t, found.t_p) == (pytest.approx(4.0621, abs=5e-5), pytest.approx(0.002833, abs=5e-7))
    assert found.cohens_dz == pytest.approx(1.58 / 1.23, abs=1e-3)
    # Nine differences are not 0, all of one sign: 2 of 2^9 choices of signs.
    assert (found.wilcoxon, found.wilcoxon_p, found.rank_biserial) == (0, 2 / 2**9, 1)


def test_three_pairs_by_hand():
    found = compare_pairs([0.5, 0.5, 0.5], [0.6, 0.7, 0.8])
    assert (found.mean_difference, found.cohens_dz) == (pytest.approx(0.2), pytest.approx(2))
    assert found.t == pytest.approx(2 * math.sqrt(3))
    assert found.t_p == pytest.approx(1 - math.sqrt(12 / 14))  # with two degrees of freedom: 1 - t / sqrt(t² + 2)
    assert (found.wilcoxon, found.wilcoxon_p) == (0, 2 / 2**3)
    half = 0.1 * 4.302653 / math.sqrt(3)
    assert (found.interval_low, found.interval_high) == (pytest.approx(0.2 - half), pytest.approx(0.2 + half))
    assert found.interval_kind == "student"


def test_the_bootstrap_begins_at_ten_pairs_and_leans_to_the_long_tail():
    assert of(SLEEP[:9]).interval_kind == "student"
    found = of(SLEEP)
    assert found.interval_kind == "bca"
    above, below = found.interval_high - 1.58, 1.58 - found.interval_low
    assert 0.4 < below < above < 1.2


def test_the_bootstrap_is_that_of_scipy_and_repeats_with_its_seed():
    expected = stats.bootstrap((np.sort(ZEA_MAYS),), np.mean, rng=np.random.default_rng(7)).confidence_interval
    found = of(ZEA_MAYS, seed=7)
    assert (found.interval_low, found.interval_high) == expected
    assert of(ZEA_MAYS, seed=7) == found
    assert of(ZEA_MAYS, seed=8).interval_low != found.interval_low


def test_the_bootstrap_finds_the_mean_as_often_as_it_says():
    random = np.random.default_rng(0)
    samples = random.exponential(size=(100, 40))
    hits = sum(found.interval_low <= 1 <= found.interval_high for found in map(of, samples))
    assert 0.90 <= hits / 100 <= 0.99


@pytest.mark.parametrize(
    ("differences", "reason"),
    [
        ([], "tests and interval: expected at least 2 pairs, got 0"),
        ([0.1], "tests and interval: expected at least 2 pairs, got 1"),
        ([0.0, 0.0, 0.0], "tests and interval: all differences are 0"),
    ],
)
def test_what_is_undefined_is_nan_and_says_why(differences, reason):
    found = of(differences)
    assert found.reasons == (reason,)
    assert all(math.isnan(getattr(found, name)) for name in (*TESTS, "interval_low", "interval_high"))
    assert found.mean_difference == pytest.approx(np.mean(differences)) if differences else math.isnan(found.mean_difference)


def test_equal_differences_have_ranks_but_no_spread_even_when_rounding_tells_them_apart():
    found = compare_pairs([0.1, 0.0, 0.3], [0.3, 0.2, 0.5])
    assert len({0.3 - 0.1, 0.2 - 0.0, 0.5 - 0.3}) > 1
    assert (found.wilcoxon_p, found.rank_biserial) == (0.25, 1)
    assert all(math.isnan(getattr(found, name)) for name in ("t", "t_p", "cohens_dz", "interval_low"))
    assert found.reasons == ("t-test and interval: all differences are equal",)


@given(PAIRS)
@settings(max_examples=50)
def test_the_other_way_round_only_signs_change(pairs):
    first, second = split(pairs)
    there, back = compare_pairs(first, second), compare_pairs(second, first)
    assert (there.n, there.reasons, there.interval_kind) == (back.n, back.reasons, back.interval_kind)
    for name in ("mean_difference", "t", "cohens_dz", "rank_biserial"):
        assert getattr(there, name) == pytest.approx(-getattr(back, name), nan_ok=True)
    for name in ("t_p", "wilcoxon", "wilcoxon_p"):
        assert getattr(there, name) == pytest.approx(getattr(back, name), nan_ok=True)


@given(st.permutations(ZEA_MAYS))
@settings(max_examples=20)
def test_the_order_of_the_cases_does_not_matter(differences):
    assert of(differences) == of(ZEA_MAYS)


@given(PAIRS)
@settings(max_examples=50)
def test_scipy_agrees_on_pairs_that_have_a_spread(pairs):
    first, second = (np.array(values) for values in split(pairs))
    found = compare_pairs(first, second)
    if not math.isnan(found.t):
        assert (found.t, found.t_p) == pytest.approx(tuple(stats.ttest_rel(second, first)))
        assert found.interval_low < found.mean_difference < found.interval_high
    assert math.isnan(found.rank_biserial) or -1 <= found.rank_biserial <= 1


def test_ranks_are_exact_with_ties_and_normal_beyond_fifty_pairs():
    # Ranks 2, 2, 2, 4, all positive but one 2: sums of at most 2 come from 1 + 3 of the 16 choices of signs.
    assert of([1, 1, -1, 3]).wilcoxon_p == 2 * 4 / 2**4
    few, many = np.random.default_rng(0).normal(0.3, 1, (2, 60)).round(1)
    assert of(few[:13]).wilcoxon_p == pytest.approx(stats.wilcoxon(few[:13], method=stats.PermutationMethod()).pvalue)
    assert of(many).wilcoxon_p == pytest.approx(stats.wilcoxon(many, method="asymptotic").pvalue)
    untied = np.random.default_rng(0).normal(0.3, 1, 50)
    assert of(untied).wilcoxon_p == pytest.approx(stats.wilcoxon(untied, method="exact").pvalue)


@pytest.mark.parametrize(("first", "second"), [([0.1], [0.1, 0.2]), ([math.nan], [0.1]), ([[0.1]], [[0.2]])])
def test_lists_that_are_no_pairs_are_refused(first, second):
    with pytest.raises(TfpartialError, match="pairs: expected two lists of as many finite numbers, got"):
        compare_pairs(first, second)


def test_holms_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_undefined_tests_are_not_counted_among_the_comparisons():
    corrected = holm([math.nan, 0.03, 0.01])
    assert math.isnan(corrected[0])
    assert corrected[1:] == pytest.approx([0.03, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1))
def test_holm_lies_between_the_p_value_and_bonferroni_and_keeps_the_order(p_values):
    corrected = holm(p_values)
    for p, value in zip(p_values, corrected, strict=True):
        assert p <= value <= min(1, p * len(p_values))
    assert np.all(np.diff(np.array(corrected)[np.argsort(p_values)]) >= 0)
