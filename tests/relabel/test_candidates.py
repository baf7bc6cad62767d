"""Which voxels may be relabeled, with a predictor that knows a best and a second-best organ."""

import numpy as np
import pytest

from tfpartial.relabel.candidates import candidate_slabs
from tfpartial.relabel.current_labels import CurrentLabels


class InOrder:
    """Predicts the first of the wanted organs everywhere; remembers what was wanted."""

    def __init__(self):
        self.wanted = []

    def predict(self, hu, wanted, places=None):
        self.wanted.append(wanted.tolist())
        organ = np.full(hu.shape[:3], np.flatnonzero(wanted)[0] + 1, np.uint8)
        return organ, np.ones(hu.shape[:3], np.float32)


def of_case(cases, experts):
    return CurrentLabels(cases.store, next(iter(cases.store.cases)), experts)


def candidates(current, predictor, among):
    return np.concatenate([organ for _, organ, _ in candidate_slabs(predictor, current, 4, among)])


def test_among_the_missing_the_next_organ_takes_the_place_of_an_annotated_one(cases):
    current = of_case(cases, cases.store.organs.names[:1])
    predictor = InOrder()
    found = candidates(current, predictor, "missing")
    free = current.labels(0, current.slices) == 0
    np.testing.assert_array_equal(found, np.where(free, 2, 0))
    assert predictor.wanted[0] == current.missing.tolist()


def test_among_all_what_is_predicted_as_an_annotated_organ_is_no_candidate(cases):
    predictor = InOrder()
    assert not candidates(of_case(cases, cases.store.organs.names[:1]), predictor, "all").any()
    assert all(all(wanted) for wanted in predictor.wanted)


@pytest.mark.parametrize("among", ["missing", "all"])
def test_a_missing_organ_that_wins_is_a_candidate_where_the_experts_drew_nothing(cases, among):
    current = of_case(cases, cases.store.organs.names[1:])
    free = current.labels(0, current.slices) == 0
    assert free.any() and not free.all()
    np.testing.assert_array_equal(candidates(current, InOrder(), among), np.where(free, 1, 0))
