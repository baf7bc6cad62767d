"""Which cases and organs have a known truth."""

import pytest

from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.errors import TfpartialError
from tfpartial.ranking.candidates import hidden_organs, ranked_cases


def test_organs_that_were_taken_away_are_hidden(store):
    cases = TrainingCases(store, ("a", "b"), (), {"a": ("liver", "stomach"), "b": ("spleen",)})
    assert [(one.case_id, hidden_organs(one)) for one in ranked_cases(cases)] == [("a", ("spleen",)), ("b", ("liver",))]


def test_a_complete_case_is_left_out(store):
    cases = TrainingCases(store, ("a", "b"), (), {"a": ("liver", "spleen", "stomach"), "b": ("spleen",)})
    assert [one.case_id for one in ranked_cases(cases)] == ["b"]


def test_without_a_truth_nothing_is_measured(store):
    cases = TrainingCases(store, ("a", "b"), (), {case: store.cases[case].annotated for case in "ab"})
    message = (
        "expected annotated sets that lack organs which the experts of store annotated; those of the 2 training cases lack none"
    )
    with pytest.raises(TfpartialError, match=message):
        ranked_cases(cases)


def test_some_cases_are_drawn_by_the_seed_and_stay_in_their_order(store):
    cases = TrainingCases(store, ("a", "b"), (), {"a": ("liver", "stomach"), "b": ("spleen",)})
    drawn = {seed: [one.case_id for one in ranked_cases(cases, 1, seed)] for seed in range(8)}
    assert {tuple(ids) for ids in drawn.values()} == {("a",), ("b",)}
    assert [one.case_id for one in ranked_cases(cases, 1, 3)] == drawn[3]
    assert [one.case_id for one in ranked_cases(cases, 2)] == [one.case_id for one in ranked_cases(cases, 9)] == ["a", "b"]
