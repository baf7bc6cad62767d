"""What stands behind each method: budgets and organs found."""

import dataclasses

import pytest

from tfpartial.comparison.budgets import Budget
from tfpartial.comparison.joined_scores import join_scores
from tfpartial.comparison.run_tables import run_tables, uneven_budgets
from tfpartial.comparison.runs import Run


@pytest.fixture
def joined(scored):
    """Methods with these budgets, one per fold; the second organ is absent."""

    def make(budgets, alpha=None, spleen="absent"):
        runs = {
            Run(method, alpha, fold, scored(f"{method}{fold}", {f"case{fold}": [0.5, spleen]})): budget
            for method, of_method in budgets.items()
            for fold, budget in enumerate(of_method)
        }
        return dataclasses.replace(join_scores(list(runs)), budgets=runs)

    return make


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_each_method_has_its_steps_and_slices_and_where_folds_differ_both_ends(joined):
    table = run_tables(joined({"certain": [Budget(2040, 16320, 0)] * 2, "smiler": [Budget(2380, 1, 340), Budget(2390, 1, 340)]}))
    assert table["budget"].header == ["method", "steps", "slices", "confidence steps"]
    assert texts(table["budget"]) == [["certain", "2,040", "16,320", "0"], ["smiler", "2,380 to 2,390", "1", "340"]]
    assert "Steps of confidence networks are apart, and not added" in table["budget"].caption


def test_shares_of_labels_are_named_where_they_are_known(joined):
    table = run_tables(joined({"certain": [Budget(10, 80, None)]}, alpha=0.3))["budget"]
    assert texts(table) == [["certain", "α 30 %", "10", "80", "unknown"]]


def test_methods_that_differ_by_more_than_5_percent_are_named(joined):
    uneven = joined({"certain": [Budget(2040, 100, 0)], "smiler": [Budget(2143, 100, 0)], "tuned": [Budget(2100, 105, 0)]}, 0.1)
    (line,) = uneven_budgets(uneven)
    assert line == "α 10 %, steps differ by more than 5 %: certain has 2,040, smiler 2,143"
    assert f"Not alike: {line}." in run_tables(uneven)["budget"].caption
    assert uneven_budgets(joined({"certain": [Budget(2040, 100, 0)], "smiler": [Budget(2142, 105, 900)]})) == []


def test_what_is_unknown_is_said_and_not_compared(joined):
    one = joined({"certain": [Budget(2040, 100, 0)] * 2, "old": [Budget(10, 100, 0), Budget(None, None, 0)]})
    assert uneven_budgets(one) == []
    assert texts(run_tables(one)["budget"])[1] == ["old", "unknown", "unknown", "0"]
    assert "Unknown: the training is gone" in run_tables(one)["budget"].caption


def test_missed_organs_and_false_positives_are_counted_of_those_that_can_be(scored):
    cases = {"a": [0.0, "absent"], "b": [0.5, "false_positive"], "c": [0.5, None]}
    joined = join_scores([Run("certain", None, 0, scored("certain", cases)), Run("naive", None, 0, scored("naive", cases))])
    assert texts(run_tables(joined)["detection"]) == [[name, "1 of 3", "1 of 2"] for name in ("certain", "naive")]
    present = join_scores([Run("certain", None, 0, scored("certain", {"a": [0.5, 0.5]}))])
    assert texts(run_tables(present)["detection"]) == [["certain", "0 of 2", "n/a"]]
