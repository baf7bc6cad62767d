"""The shares that reach a precision, with a predictor that takes one organ for another."""

import numpy as np
import pytest

from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.relabel.estimated_shares import estimated_shares


class Confused:
    """Where the judged organ is, predicts its rival if that is wanted, else the organ itself; remembers what was wanted."""

    def __init__(self, store, judged, rival):
        self._store, self._codes = store, [store.organs.id_of(name) for name in (rival, judged)]
        self._truth = {store.image(case)[z].tobytes(): store.label(case)[z] for case in store.cases for z in self._slices(case)}
        self.wanted = set()

    def _slices(self, case):
        return range(self._store.cases[case].slices)

    def predict(self, hu, wanted, places=None):
        self.wanted.add(tuple(wanted.tolist()))
        truth = np.stack([self._truth[piece.tobytes()] for piece in hu])
        code = next((code for code in self._codes if wanted[code - 1]), 0)
        organ = np.where(truth == self._codes[1], code, 0).astype(np.uint8)
        return organ, (organ > 0).astype(np.float32)


@pytest.fixture
def rivals(cases):
    """Judged and rival organ, and the cases with one validation case, annotated as the test says."""
    store = cases.store
    case = next(case for case in store.cases if len(np.unique(store.label(case)[:])) > 2)
    judged, rival = (store.organs.name_of(int(code)) for code in np.unique(store.label(case)[:])[1:3])

    def annotated(*names):
        return TrainingCases(store, (), (case,), {case: names})

    return judged, rival, annotated


def test_organs_that_are_missing_compete_as_they_do_in_relabeling(rivals):
    judged, rival, annotated = rivals
    cases = annotated(judged)
    predictor = Confused(cases.store, judged, rival)
    shares = estimated_shares(predictor, cases, 0.5, 0.9, slab=4)
    assert predictor.wanted == {(True,) * len(cases.store.organs)}, "the judged organ and all that nobody annotated"
    assert shares[cases.store.organs.id_of(judged)] == 0.5, "the rival takes every voxel: the organ is not predicted"


def test_the_share_of_an_organ_is_0_where_all_that_it_gets_is_wrong(rivals):
    judged, rival, annotated = rivals
    cases = annotated(judged, rival)
    shares = estimated_shares(Confused(cases.store, judged, rival), cases, 0.5, 0.9, slab=4)
    assert shares[cases.store.organs.id_of(rival)] == 0.0


@pytest.mark.parametrize(("among", "asked"), [("missing", False), ("all", True)])
def test_an_annotated_organ_that_is_not_judged_is_asked_as_the_option_says(rivals, among, asked):
    judged, rival, annotated = rivals
    both = annotated(judged, rival)
    (case,) = both.val
    other = next(name for name in both.store.cases if name != case)
    # The rival is judged in the validation case; in the training case it is annotated, and known.
    cases = TrainingCases(both.store, (case,), (other,), {case: (judged, rival), other: (rival,)})
    predictor = Confused(cases.store, judged, rival)
    estimated_shares(predictor, cases, 0.5, 0.9, slab=4, among=among)
    place = cases.store.organs.id_of(rival) - 1
    assert {wanted[place] for wanted in predictor.wanted} == {True, asked}


class OneVoxel(Confused):
    """Predicts the judged organ at a single voxel of the volume, where it is or where nothing is."""

    def __init__(self, store, case, judged, right):
        super().__init__(store, judged, judged)
        self._at = np.argwhere(store.label(case)[:] == (self._codes[1] if right else 0))[0]
        self._image = store.image(case)[self._at[0]].tobytes()

    def predict(self, hu, wanted, places=None):
        organ = np.zeros(hu.shape[:-1], np.uint8)
        for number, piece in enumerate(hu):
            if piece.tobytes() == self._image:
                organ[number, self._at[1], self._at[2]] = self._codes[1]
        return organ, (organ > 0).astype(np.float32)


@pytest.mark.parametrize(("right", "expected"), [(True, 0.5), (False, 0.0)])
def test_a_share_that_selects_nothing_reaches_no_precision(rivals, right, expected):
    """Of one voxel, half is one by rounding, and every smaller share is none."""
    judged, _, annotated = rivals
    cases = annotated(judged)
    shares = estimated_shares(OneVoxel(cases.store, cases.val[0], judged, right), cases, 0.5, 0.9, slab=4)
    assert shares[cases.store.organs.id_of(judged)] == expected
