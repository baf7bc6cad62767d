import numpy as np
import pytest

from tfpartial.data.feed.batch_stream import BatchStream
from tfpartial.data.feed.draws import Draws, epoch_order
from tfpartial.data.feed.slice_index import SliceIndex
from tfpartial.errors import TfpartialError


def index_of(labelled: int, empty: int) -> SliceIndex:
    voxels = np.zeros((labelled + empty, 1), np.int32)
    voxels[:labelled] = 1
    known = np.ones((1, 1), bool)
    return SliceIndex.build([voxels], known, known)


def test_batches_run_through_the_epochs_and_drop_the_remainder():
    index = index_of(7, 0)
    stream = BatchStream(index, 3, Draws(), seed=0)
    assert stream.batches_per_epoch == 2
    first, second = (epoch_order(index, Draws(), 0, epoch) for epoch in range(2))
    expected = [first[:3], first[3:6], second[:3], second[3:6]]
    np.testing.assert_array_equal([stream[step] for step in range(4)], expected)


@pytest.mark.parametrize("sampling", ["slices", "organs"])
def test_batches_may_be_asked_for_in_any_order(sampling):
    stream = BatchStream(index_of(8, 8), 4, Draws(sampling, empty_share=0.5), seed=0)
    forwards = [stream[step].tolist() for step in range(12)]
    assert [stream[step].tolist() for step in reversed(range(12))] == forwards[::-1]


def test_counts_are_those_of_the_batches_asked_for():
    stream = BatchStream(index_of(6, 6), 4, Draws(), seed=0)
    drawn = np.concatenate([stream[2], stream[3], stream[4]])
    counts = stream.counts(range(2, 5), ("liver",))
    assert counts["drawn_with_liver"] == (drawn < 6).sum() > 0
    assert counts["drawn_with_liver"] + counts["drawn_empty_liver"] == 12


def test_says_when_an_epoch_has_fewer_slices_than_a_batch():
    with pytest.raises(TfpartialError, match=r"batch: expected 1 to 4, .*\(2 with a label; .* empty_share 0\.5\), got 5"):
        BatchStream(index_of(2, 2), 5, Draws(empty_share=0.5), seed=0)


@pytest.mark.parametrize(
    ("draws", "message"),
    [
        (Draws(empty_share=1.0), r"empty_share: expected a share of all draws from 0 on, below 1, .*, got 1\.0"),
        (Draws(organ_share=1.5), r"organ_share: expected 0 to 1, got 1\.5"),
        (Draws("organs", empty_share=0.6, pseudo_share=0.6), r"together, got 1\.2"),
    ],
)
def test_refuses_shares_that_do_not_hold(draws, message):
    with pytest.raises(TfpartialError, match=message):
        BatchStream(index_of(2, 2), 1, draws, seed=0)
