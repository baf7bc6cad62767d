"""Rankings by hand, and against their definitions written out."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.errors import TfpartialError
from tfpartial.metrics.ranking import Ranking, ranking


def of(*pairs):
    confidence, correct = zip(*pairs, strict=True)
    return ranking(np.array(confidence, np.float32), np.array(correct, bool))


def test_numbers_by_hand():
    # By falling confidence: right, wrong, right, right, wrong.
    found = of((0.9, 1), (0.8, 0), (0.7, 1), (0.6, 1), (0.5, 0))
    assert found.auc == pytest.approx(4 / 6)  # of 3 x 2 pairs, all but (0.7, 0.8) and (0.6, 0.8) are in order
    assert found.ap_success == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    assert found.ap_error == pytest.approx((1 + 2 / 4) / 2)
    assert (found.n, found.errors, found.reason) == (5, 2, "")


def test_equal_confidences_are_one_threshold():
    found = of((0.9, 1), (0.9, 0), (0.9, 1), (0.9, 0))
    assert (found.auc, found.ap_success, found.ap_error) == (0.5, 0.5, 0.5)


def test_a_confidence_that_knows_has_one_everywhere():
    assert of((0.9, 1), (0.8, 1), (0.1, 0)) == Ranking(1.0, 1.0, 1.0, 3, 1)


@pytest.mark.parametrize(
    ("correct", "errors", "reason"),
    [([True, True], 0, "every candidate is right"), ([False], 1, "every candidate is wrong"), ([], 0, "no candidate")],
)
def test_nothing_to_tell_apart_is_undefined_with_a_reason(correct, errors, reason):
    found = ranking(np.full(len(correct), 0.7, np.float32), np.array(correct, bool))
    assert all(math.isnan(value) for value in (found.auc, found.ap_success, found.ap_error))
    assert (found.n, found.errors, found.reason) == (len(correct), errors, reason)


candidates = st.lists(st.tuples(st.sampled_from([0.5, 0.50000006, 0.75, 0.9, 1.0]), st.booleans()), min_size=2, max_size=30)


@given(candidates)
def test_the_area_is_the_chance_that_a_right_one_stands_above_a_wrong_one(pairs):
    found = of(*pairs)
    right = [np.float32(confidence) for confidence, correct in pairs if correct]
    wrong = [np.float32(confidence) for confidence, correct in pairs if not correct]
    if right and wrong:
        wins = [1.0 if one > other else 0.5 if one == other else 0.0 for one in right for other in wrong]
        assert found.auc == pytest.approx(np.mean(wins))
    else:
        assert found.reason


@given(candidates)
def test_average_precision_adds_the_precision_where_recall_grows(pairs):
    found = of(*pairs)
    if found.reason:
        return
    confidence = np.array([confidence for confidence, _ in pairs], np.float32)
    correct = np.array([correct for _, correct in pairs], bool)
    expected = 0.0
    for threshold in np.unique(confidence):
        precision = correct[confidence >= threshold].mean()
        expected += precision * correct[confidence == threshold].sum() / correct.sum()
    assert found.ap_success == pytest.approx(expected)


@pytest.mark.parametrize(
    ("confidence", "correct", "message"),
    [
        (np.zeros(3, np.float32), np.zeros(2, bool), r"confidence \[n\] and bool correct \[n\], got \(3,\) and bool \(2,\)"),
        (np.zeros(2, np.float32), np.zeros(2, np.uint8), r"got \(2,\) and uint8 \(2,\)"),
        (np.zeros((2, 1), np.float32), np.zeros((2, 1), bool), r"got \(2, 1\)"),
        (np.array([0.5, np.nan], np.float32), np.zeros(2, bool), "expected finite confidences, got NaN or infinity"),
    ],
)
def test_what_is_no_ranking_is_refused(confidence, correct, message):
    with pytest.raises(TfpartialError, match=message):
        ranking(confidence, correct)
