"""What the tables of a comparison say."""

import typing

import pytest

from tfpartial import config
from tfpartial.comparison.averages import averages
from tfpartial.comparison.joined_scores import join_scores
from tfpartial.comparison.paired_tests import paired_tests
from tfpartial.comparison.runs import Run
from tfpartial.comparison.shown_metrics import SHOWN
from tfpartial.comparison.tables import MetricResults, alpha_suffix, comparison_tables
from tfpartial.metrics.scoring import METRICS

CASES = "abcdef"


def cases(*liver):
    """Cases with these DSC of the liver, and 0.5 of the spleen."""
    return {case: [dsc, 0.5] for case, dsc in zip(CASES, liver, strict=False)}


@pytest.fixture
def tables(scored):
    """The tables of a metric from the cases of each run, given as `(method, alpha, fold)`."""

    def make(runs, metric="dsc"):
        joined = join_scores(
            [Run(*cell[:3], scored("-".join(map(str, cell)), of_cell), *cell[3:]) for cell, of_cell in runs.items()]
        )
        results = MetricResults(metric, averages(joined, metric), paired_tests(joined, metric, seed=0))
        return comparison_tables(joined, results)

    return make


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def bold(table):
    return [(row[0].text, name) for row in table.rows for cell, name in zip(row, table.header, strict=True) if cell.bold]


SWEEP = {
    ("naive", 1.0, 0): cases(0.8, 0.7),
    ("naive", 1.0, 1): cases(0.6, 0.5),
    ("naive", 0.3, 0): cases(0.0, 0.2),
    ("naive", 0.3, 1): cases(0.1, 0.1),
    ("certain", 0.3, 0): cases(0.6, 0.8),
    ("certain", 0.3, 1): cases(0.7, 0.7),
}


def test_methods_stand_beside_shares_with_the_spread_of_the_folds_in_percent(tables):
    table = tables(SWEEP)["dsc"]
    assert table.header == ["method", "α 100 %", "α 30 %"]
    # Folds of naive: ((0.75, 0.55) + 0.5) / 2 at 100 %; the sd is 0.1 / sqrt(2).
    assert texts(table) == [["naive", "57.5 ± 7.1", "30.0 ± 0.0"], ["certain", "–", "60.0 ± 0.0"]]
    assert table.caption.startswith("DSC in %, mean of the organs. Mean ± standard deviation over n = 2 (2 folds), 2 cases.")


def test_organs_stand_beside_methods_and_their_mean_comes_last(tables):
    found = tables(SWEEP)
    assert list(found) == ["dsc", "dsc_organs_alpha1", "dsc_organs_alpha0.3", "dsc_tests"]
    table = found["dsc_organs_alpha0.3"]
    assert table.header == ["organ", "naive", "certain"]
    assert texts(table) == [
        ["liver", "10.0 ± 0.0", "70.0 ± 0.0"],
        ["spleen", "50.0 ± 0.0", "50.0 ± 0.0"],
        ["mean of organs", "30.0 ± 0.0", "60.0 ± 0.0"],
    ]
    assert table.apart
    assert table.caption.startswith("DSC in %, α 30 %. Mean ±")


def test_the_caption_says_what_n_is(tables):
    runs = {("certain", None, fold, seed): cases(0.5 + fold / 10 + seed / 100) for fold in (0, 1) for seed in (0, 1)}
    table = tables(runs)["dsc"]
    # Means of liver and spleen: 50, 50.5, 55, 55.5.
    assert texts(table) == [["certain", "52.8 ± 2.9"]]
    assert "over n = 4 (2 folds × 2 seeds), 1 case." in table.caption


def test_one_fold_has_the_spread_of_its_cases_and_one_share_no_name(tables):
    found = tables({("certain", None, 0): cases(0.6, 0.8)})
    assert list(found) == ["dsc", "dsc_organs"]
    assert texts(found["dsc_organs"])[0] == ["liver", "70.0 ± 14.1"]
    assert found["dsc"].header == ["method", "DSC"]
    assert "over 2 cases." in found["dsc"].caption


def test_the_best_is_bold_only_when_it_is_significantly_better_than_every_other(tables):
    low, middle, high = cases(0.1, 0.2, 0.3, 0.2, 0.1), cases(0.6, 0.4, 0.7, 0.6, 0.3), cases(0.8, 0.6, 0.8, 0.8, 0.6)
    clear = tables({("x", None, 0): low, ("y", None, 0): middle, ("z", None, 0): high})["dsc_organs"]
    assert bold(clear) == [("liver", "z"), ("mean of organs", "z")]
    assert "Bold: the best, by paired t-tests" in clear.caption
    uneven = {case: [dsc + (0.3 if case == "a" else -0.01), spleen] for case, (dsc, spleen) in middle.items()}
    unclear = tables({("x", None, 0): low, ("y", None, 0): middle, ("z", None, 0): uneven})["dsc_organs"]
    assert bold(unclear) == []
    assert "Bold" not in unclear.caption


def test_the_smaller_distance_is_the_better_one(tables):
    low, high = cases(0.1, 0.2, 0.3, 0.2, 0.1), cases(0.8, 0.6, 0.8, 0.7, 0.6)
    table = tables({("x", None, 0): low, ("y", None, 0): high}, "hd_mm")["hd_mm_organs"]
    assert bold(table) == [("liver", "x"), ("mean of organs", "x")]
    assert texts(table)[0] == ["liver", "1.80 ± 0.84", "7.00 ± 1.00"]
    assert table.caption.startswith("Hausdorff distance in mm.")


def test_a_low_mean_distance_of_easy_cases_is_not_the_best(tables):
    all_cases, easy_cases = cases(0.2, 0.3, 0.2, 0.9, 0.9, 0.9), cases(0.4, 0.5, 0.41, 0.0, 0.0, 0.0)
    table = tables({("all", None, 0): all_cases, ("easy", None, 0): easy_cases}, "hd_mm")["hd_mm_organs"]
    assert texts(table)[0] == ["liver", "5.67 ± 3.67 (6)", "4.37 ± 0.55 (3)"]
    assert bold(table) == []


def test_means_of_other_numbers_of_values_are_not_the_best(tables):
    """The pairs of `x` and `y` say that `y` is nearer; the means shown are of other cases."""
    more, fewer = cases(0.2, 0.21, 0.22, 0.23, 0.24, 0.9), cases(0.1, 0.11, 0.12, 0.13, 0.13, 0.0)
    table = tables({("x", None, 0): more, ("y", None, 0): fewer}, "hd_mm")["hd_mm_organs"]
    assert texts(table)[0][2].endswith("(5)")
    assert bold(table) == []


def test_methods_that_miss_organs_tell_how_many_values_their_distance_has(tables):
    found = tables({("x", None, 0): cases(0.0, 0.0), ("y", None, 0): cases(0.5, 0.0)}, "hd_mm")
    assert texts(found["hd_mm_organs"]) == [
        ["liver", "n/a (0)", "5.00 (1)"],
        ["spleen", "5.00 ± 0.00", "5.00 ± 0.00"],
        ["mean of organs", "5.00 ± 0.00 (2)", "5.00 ± 0.00 (3)"],
    ]
    assert "In brackets: number of cases and organs with a value" in found["hd_mm_organs"].caption


def test_a_test_is_one_row(tables):
    found = tables({("x", 0.1, 0): cases(0.1, 0.1, 0.1, 0.1), ("y", 0.1, 0): cases(0.2, 0.3, 0.4, 0.3)})["dsc_tests"]
    assert texts(found)[0][:4] == ["x → y, α 10 %", "mean of organs", "4", "0"]
    liver = dict(zip(found.header, texts(found)[1], strict=True))
    # Differences 0.1, 0.2, 0.3, 0.2: t = 0.2 / (0.0816 / 2) = 4.899, p = 0.0163, twice that by Holm; ranks all positive: 2 / 2^4.
    assert (liver["organ"], liver["difference"], liver["95 % interval"]) == ("liver", "20.0", "7.0 to 33.0")
    assert (liver["t-test p"], liver["Wilcoxon p"], liver["d_z"], liver["r"]) == ("0.033", "0.250", "2.45", "1.00")
    assert texts(found)[2][4:] == ["0.0", "n/a", "n/a", "n/a", "n/a", "n/a"]
    assert bold(found) == [("x → y, α 10 %", "t-test p")] * 2


def test_small_p_values_are_not_zero(tables):
    runs = {("x", None, 0): cases(0.1, 0.1, 0.1, 0.1, 0.1, 0.1), ("y", None, 0): cases(0.901, 0.902, 0.903, 0.902, 0.901, 0.902)}
    assert texts(tables(runs)["dsc_tests"])[1][6] == "<0.001"


def test_every_metric_is_shown_and_can_be_asked_for():
    assert set(SHOWN) == set(METRICS) == set(typing.get_args(config.Metric))


def test_files_of_one_share_have_no_suffix(scored):
    joined = join_scores([Run("x", 0.3, 0, scored("x", cases(0.5)))])
    assert alpha_suffix(joined, 0.3) == ""
