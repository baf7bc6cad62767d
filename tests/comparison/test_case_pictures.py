"""Which cases and slices are drawn."""

import numpy as np
import pytest

from tfpartial.comparison.choice import name_ranks, pick_cases, rank_cases
from tfpartial.comparison.joined_scores import join_scores
from tfpartial.comparison.runs import Run
from tfpartial.errors import TfpartialError
from tfpartial.pictures.planes import pick_slice


@pytest.mark.parametrize(
    ("ranked", "count", "expected"),
    [
        ("abcde", 3, [("a", "best"), ("c", "median"), ("e", "worst")]),
        ("ab", 3, [("a", "best"), ("b", "worst")]),
        ("a", 3, [("a", "best")]),
        ("abcdefg", 4, [("a", "best"), ("c", "rank 3 of 7"), ("e", "rank 5 of 7"), ("g", "worst")]),
    ],
)
def test_cases_from_best_to_worst(ranked, count, expected):
    assert pick_cases(ranked, count) == expected


def test_nothing_to_draw_is_an_error():
    with pytest.raises(TfpartialError, match="expected at least one scored case and one to draw, got 0 and 3"):
        pick_cases([], 3)


def test_the_slice_with_most_organs_wins_and_then_the_one_with_most_voxels():
    label = np.zeros((4, 3, 3), np.uint8)
    label[0] = 1  # nine voxels of one organ
    label[1, 0] = (1, 2, 0)
    label[2, 0] = (1, 2, 2)
    label[3] = 255  # nobody knows
    assert pick_slice(label) == 2


def test_cases_asked_for_by_name_tell_their_rank():
    assert name_ranks("abcde", ["d", "a"]) == [("d", "rank 4 of 5"), ("a", "best")]
    with pytest.raises(TfpartialError, match="case 'x' was not scored by the last method"):
        name_ranks("ab", ["x"])


def test_cases_are_ranked_by_the_last_method_with_the_share_and_ties_by_name(scored):
    cases = {"c": [0.4, None], "a": [0.2, 0.6], "b": [0.5, 0.9], "d": [None, None]}
    turned = {"c": [0.9, None], "a": [0.2, 0.6], "b": [0.5, 0.1], "d": [None, None]}
    runs = [
        Run("x", 0.3, 0, scored("x", cases)),
        Run("y", 0.3, 0, scored("y", turned)),
        Run("x", 1.0, 0, scored("z", cases)),
    ]
    joined = join_scores(runs)
    assert rank_cases(joined, 0.3) == ["c", "a", "b"]
    assert rank_cases(joined, 1.0) == ["b", "a", "c"]
