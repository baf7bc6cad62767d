import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.data.feed.draws import Draws, epoch_order, epoch_size
from tfpartial.data.feed.slice_index import SliceIndex

ORGANS = 2


def index_of(labelled: int, empty: int) -> SliceIndex:
    voxels = np.zeros((labelled + empty, ORGANS), np.int32)
    voxels[:labelled, 0] = 1
    known = np.ones((1, ORGANS), bool)
    return SliceIndex.build([voxels], known, known)


def drawn(index: SliceIndex, draws: Draws, epochs: int = 60) -> np.ndarray:
    return np.concatenate([epoch_order(index, draws, 0, epoch) for epoch in range(epochs)])


@given(labelled=st.integers(0, 20), empty=st.integers(0, 20), seed=st.integers(0, 9), epoch=st.integers(0, 9))
def test_by_slices_an_epoch_shows_every_slice_once(labelled, empty, seed, epoch):
    index = index_of(labelled, empty)
    order = epoch_order(index, Draws(), seed, epoch)
    assert sorted(order.tolist()) == list(range(labelled + empty))


@given(labelled=st.integers(1, 20), empty=st.integers(1, 20), share=st.floats(0, 0.9), epoch=st.integers(0, 9))
def test_by_slices_the_empty_ones_have_their_share_of_all_draws(labelled, empty, share, epoch):
    index = index_of(labelled, empty)
    order = epoch_order(index, Draws(empty_share=share), 3, epoch)
    assert len(order) == epoch_size(index, Draws(empty_share=share))
    shown = np.bincount(order, minlength=labelled + empty)
    assert (shown[:labelled] == 1).all()
    assert abs(shown[labelled:].sum() - share * len(order)) <= 0.5
    assert np.ptp(shown[labelled:]) <= 1, "none is drawn twice before each was drawn once"


def test_each_epoch_draws_other_empty_slices_in_another_order():
    index = index_of(labelled=10, empty=40)
    orders = [epoch_order(index, Draws(empty_share=0.5), seed=3, epoch=epoch) for epoch in range(2)]
    shown = [set(order[~index.shows_label[order]].tolist()) for order in orders]
    assert shown[0] != shown[1]
    assert orders[0].tolist() != orders[1].tolist()


@pytest.mark.parametrize("sampling", ["slices", "organs"])
def test_seed_and_epoch_determine_the_order(sampling):
    index, draws = index_of(10, 10), Draws(sampling, empty_share=0.5)
    assert epoch_order(index, draws, 1, 2).tolist() == epoch_order(index, draws, 1, 2).tolist()
    assert epoch_order(index, draws, 1, 2).tolist() != epoch_order(index, draws, 2, 1).tolist()


def rare_and_frequent() -> SliceIndex:
    """Organ 0 is annotated in three cases of 20 slices and in 15 of each; organ 1 in one case, in 2 of its 20 slices, together
    with organ 0, which is in 10 others."""
    frequent = np.zeros((20, 2), np.int32)
    frequent[:15, 0] = 4
    rare = np.zeros((20, 2), np.int32)
    rare[:10, 0] = 4
    rare[10:12, 1] = 4
    annotated = np.array([[True, False]] * 3 + [[True, True]])
    return SliceIndex.build([frequent] * 3 + [rare], annotated, annotated)


def test_by_organs_each_organ_is_shown_in_its_share_of_the_draws():
    """A rare organ would be on 2 of 57 slices with a label; half of the draws are its own, three quarters of them show it."""
    index = rare_and_frequent()
    order = drawn(index, Draws("organs", empty_share=0.2, organ_share=0.75))
    assert index.empty[order].mean() == pytest.approx(0.2, abs=0.01)
    assert index.shows[order, 1].mean() == pytest.approx(0.8 * (0.5 * 0.75 + 0.5 * 0.25 * 2 / 2), abs=0.02)
    by_slices = drawn(index, Draws(empty_share=0.2))
    assert index.shows[by_slices, 1].mean() == pytest.approx(0.8 * 2 / 57, abs=0.01)


def test_where_no_slice_is_without_an_organ_all_its_draws_show_it():
    index = index_of(labelled=5, empty=5)
    order = drawn(index, Draws("organs", empty_share=0.0, organ_share=0.1), epochs=3)
    assert index.shows[order, 0].all()


def test_empty_slices_are_drawn_equally_often_for_each_organ():
    """Organ 0's case has 30 empty slices, organ 1's has 10."""
    voxels = [np.array([[3, 0]] + [[0, 0]] * 30), np.array([[0, 3]] + [[0, 0]] * 10)]
    annotated = np.array([[True, False], [False, True]])
    index = SliceIndex.build(voxels, annotated, annotated)
    order = drawn(index, Draws("organs", empty_share=0.5))
    assert np.mean(index.case[order][index.empty[order]] == 1) == pytest.approx(0.5, abs=0.03)


def test_without_a_share_empty_slices_are_drawn_as_often_as_they_are():
    index = rare_and_frequent()
    order = drawn(index, Draws("organs"))
    assert index.empty[order].mean() == pytest.approx(index.empty.mean(), abs=0.02)


def fine_tuning() -> SliceIndex:
    """One case of 20 slices annotated for both organs, and nine that a segmenter relabeled: organ 1 on every slice."""
    expert = np.zeros((20, 2), np.int32)
    expert[:10, 0] = 4
    expert[5:15, 1] = 4
    relabeled = np.zeros((20, 2), np.int32)
    relabeled[:, 1] = 4
    annotated = np.array([[True, True]] + [[False, False]] * 9)
    return SliceIndex.build([expert] + [relabeled] * 9, annotated, np.ones((10, 2), bool))


def test_pseudo_labels_take_their_share_and_leave_the_experts_strata_among_themselves():
    """Before, a relabeled case counted as showing every organ: of its slices there are nine times as many."""
    index = fine_tuning()
    order = drawn(index, Draws("organs", empty_share=0.1, organ_share=0.75, pseudo_share=0.5))
    assert index.pseudo[order].mean() == pytest.approx(0.5, abs=0.01)
    assert index.empty[order].mean() == pytest.approx(0.1, abs=0.01)
    assert index.shows[order, 1].mean() > 0.5 * 0.4
    assert index.annotated[order, 1].mean() == pytest.approx(0.5, abs=0.01)


def test_pseudo_labels_alone_are_drawn_when_no_expert_labelled_anything():
    voxels = [np.array([[5, 0], [0, 0]])]
    index = SliceIndex.build(voxels, np.array([[False, False]]), np.array([[True, True]]))
    assert drawn(index, Draws("organs", pseudo_share=0.2), epochs=2).tolist() == [0, 0]


@given(
    annotated=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=4),
    voxels=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=8),
    empty_share=st.none() | st.floats(0, 0.5),
    organ_share=st.floats(0, 1),
    pseudo_share=st.floats(0, 0.5),
)
def test_by_organs_an_epoch_always_has_its_size(annotated, voxels, empty_share, organ_share, pseudo_share):
    known = np.array(annotated)
    index = SliceIndex.build([np.array(voxels)] * len(known), known, np.ones_like(known))
    draws = Draws("organs", empty_share, organ_share, pseudo_share)
    order = epoch_order(index, draws, 0, 0)
    assert len(order) == epoch_size(index, draws)
    assert not len(order) or (order.min() >= 0 and order.max() < len(index))
