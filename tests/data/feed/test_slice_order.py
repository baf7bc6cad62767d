import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.data.feed.slice_order import BatchStream, SliceIndex, epoch_order, epoch_size
from tfpartial.errors import TfpartialError

ORGANS = 2


def index_of(labelled: int, empty: int) -> SliceIndex:
    voxels = np.zeros((labelled + empty, ORGANS), np.int32)
    voxels[:labelled, 0] = 1
    known = np.ones((1, ORGANS), bool)
    return SliceIndex.build([voxels], known, known)


def test_a_slice_shows_a_label_only_of_a_visible_organ():
    voxels = [np.array([[5, 0], [0, 5], [0, 0]]), np.array([[5, 5], [0, 0]])]
    annotated = np.array([[True, False], [False, True]])
    index = SliceIndex.build(voxels, annotated, annotated)
    assert index.case.tolist() == [0, 0, 0, 1, 1]
    assert index.z.tolist() == [0, 1, 2, 0, 1]
    assert index.shows_label.tolist() == [True, False, False, True, False]


def test_a_case_with_nothing_annotated_is_left_out():
    voxels = [np.array([[5, 0], [0, 0]]), np.array([[0, 5]])]
    annotated = np.array([[False, False], [False, True]])
    index = SliceIndex.build(voxels, annotated, annotated)
    assert list(zip(index.case, index.z, strict=True)) == [(1, 0)]


def test_its_slices_with_pseudo_labels_are_used():
    voxels = [np.array([[5, 0], [0, 0]])]
    index = SliceIndex.build(voxels, np.array([[False, False]]), np.array([[True, True]]))
    assert index.z.tolist() == [0]
    assert index.shows_label.tolist() == [True]


@given(
    labelled=st.integers(0, 20), empty=st.integers(0, 20), share=st.floats(0, 1), seed=st.integers(0, 9), epoch=st.integers(0, 9)
)
def test_an_epoch_shows_every_labelled_slice_once_and_the_share_of_the_others(labelled, empty, share, seed, epoch):
    index = index_of(labelled, empty)
    order = epoch_order(index, share, seed, epoch)
    assert len(order) == len(set(order.tolist())) == epoch_size(index, share)
    assert index.shows_label[order].sum() == labelled
    assert (~index.shows_label[order]).sum() == round(share * empty)


def test_each_epoch_draws_other_empty_slices_in_another_order():
    index = index_of(labelled=10, empty=40)
    orders = [epoch_order(index, 0.25, seed=3, epoch=epoch) for epoch in range(2)]
    drawn = [set(order[~index.shows_label[order]].tolist()) for order in orders]
    assert drawn[0] != drawn[1]
    assert orders[0].tolist() != orders[1].tolist()


def test_seed_and_epoch_determine_the_order():
    index = index_of(10, 10)
    assert epoch_order(index, 0.5, 1, 2).tolist() == epoch_order(index, 0.5, 1, 2).tolist()
    assert epoch_order(index, 0.5, 1, 2).tolist() != epoch_order(index, 0.5, 2, 1).tolist()


def test_batches_run_through_the_epochs_and_drop_the_remainder():
    index = index_of(7, 0)
    stream = BatchStream(index, batch=3, empty_share=1.0, seed=0)
    assert stream.batches_per_epoch == 2
    first, second = (epoch_order(index, 1.0, 0, epoch) for epoch in range(2))
    expected = [first[:3], first[3:6], second[:3], second[3:6]]
    np.testing.assert_array_equal([stream[step] for step in range(4)], expected)


def test_batches_may_be_asked_for_in_any_order():
    stream = BatchStream(index_of(8, 8), batch=4, empty_share=0.5, seed=0)
    forwards = [stream[step].tolist() for step in range(12)]
    assert [stream[step].tolist() for step in reversed(range(12))] == forwards[::-1]


def test_says_when_an_epoch_has_fewer_slices_than_a_batch():
    with pytest.raises(TfpartialError, match=r"batch: expected 1 to 3, .*\(2 with a label, empty_share 0\.5\), got 4"):
        BatchStream(index_of(2, 2), batch=4, empty_share=0.5, seed=0)


def test_refuses_a_share_outside_0_to_1():
    with pytest.raises(TfpartialError, match=r"empty_share: expected 0 to 1, got 1\.5"):
        epoch_size(index_of(2, 2), 1.5)


def test_balanced_draws_show_each_organs_cases_equally_often():
    """Organ 0 is annotated in three cases of 20 slices, organ 1 in one of 10."""
    voxels = [np.tile([[3, 0]], (20, 1))] * 3 + [np.tile([[0, 3]], (10, 1))]
    annotated = np.array([[True, False]] * 3 + [[False, True]])
    index = SliceIndex.build(voxels, annotated, annotated)
    assert index.organ_share[index.case == 3].sum() == pytest.approx(0.5)
    orders = np.concatenate([epoch_order(index, 1.0, 0, epoch, balanced=True) for epoch in range(40)])
    assert len(orders) == 40 * epoch_size(index, 1.0)
    assert np.mean(index.case[orders] == 3) == pytest.approx(0.5, abs=0.03)
    assert epoch_order(index, 1.0, 0, 5, balanced=True).tolist() == epoch_order(index, 1.0, 0, 5, balanced=True).tolist()


def test_half_of_balanced_draws_are_left_to_pseudo_labels_alone():
    voxels = [np.tile([[3, 0]], (10, 1)), np.tile([[3, 3]], (40, 1))]
    annotated = np.array([[True, False], [False, False]])
    index = SliceIndex.build(voxels, annotated, np.ones((2, 2), bool))
    assert index.organ_share[index.case == 1].sum() == pytest.approx(0.5)


def test_empty_slices_are_balanced_as_well():
    voxels = [np.array([[3, 0]] + [[0, 0]] * 30), np.array([[0, 3]] + [[0, 0]] * 10)]
    annotated = np.array([[True, False], [False, True]])
    index = SliceIndex.build(voxels, annotated, annotated)
    for kind in (index.shows_label, ~index.shows_label):
        assert index.organ_share[kind & (index.case == 0)].sum() == pytest.approx(0.5)
