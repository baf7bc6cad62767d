import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfpartial.relabel import volume_selection
from tfpartial.relabel.volume_selection import VolumeSelection

ORGANS = 3


def volume(seed, levels=5):
    random = np.random.default_rng(seed)
    organ = random.integers(0, ORGANS + 1, (9, 4, 5)).astype(np.uint8)
    return organ, np.where(organ > 0, random.integers(0, levels, organ.shape) / levels, 0).astype(np.float32)


def collect(organ, confidence, slab):
    selection = VolumeSelection(ORGANS)
    for start in range(0, len(organ), slab):
        selection.add((start, organ[start : start + slab].copy(), confidence[start : start + slab]))
    return selection


def whole(slabs):
    starts, organ, confidence = zip(*slabs, strict=True)
    assert list(starts) == list(np.cumsum([0, *(len(part) for part in organ[:-1])]))
    return np.concatenate(organ), np.concatenate(confidence)


@given(
    seed=st.integers(0, 99), slab=st.integers(1, 9), shares=st.lists(st.sampled_from([0, 0.3, 0.5, 1]), min_size=3, max_size=3)
)
def test_selects_what_sorting_the_whole_volume_does(by_sorting, seed, slab, shares):
    organ, confidence = volume(seed)
    with collect(organ, confidence, slab) as selection:
        cuts = selection.top(dict(enumerate(shares, 1)))
        selected, sure = whole(selection.selected(cuts))
    for number, share in enumerate(shares, 1):
        expected = by_sorting((organ == number).astype(np.float32), confidence, share)
        np.testing.assert_array_equal(selected == number, expected)
    np.testing.assert_array_equal(sure, np.where(selected > 0, confidence, 0))


def test_a_volume_that_does_not_fit_in_memory_goes_through_a_file(monkeypatch):
    organ, confidence = volume(1, levels=1000)
    with collect(organ, confidence, 2) as selection:
        expected = whole(selection.selected(selection.top({1: 0.3, 2: 0.6})))
    monkeypatch.setattr(volume_selection, "IN_MEMORY", 100)
    with collect(organ, confidence, 2) as selection:
        assert selection._file._rolled
        selected = whole(selection.selected(selection.top({1: 0.3, 2: 0.6})))
    np.testing.assert_array_equal(selected, expected)


def test_a_threshold_takes_all_that_reach_it():
    organ, confidence = volume(2)
    with collect(organ, confidence, 4) as selection:
        selected, _ = whole(selection.selected(selection.from_confidence(0.6)))
    np.testing.assert_array_equal(selected, np.where(confidence >= np.float32(0.6), organ, 0))


def test_counts_the_candidates_of_each_organ():
    organ, confidence = volume(3)
    with collect(organ, confidence, 4) as selection:
        assert selection.candidates.tolist() == [int((organ == number).sum()) for number in (1, 2, 3)]


@pytest.mark.parametrize("shares", [{}, {1: 0.0}])
def test_nothing_may_be_selected(shares):
    with collect(*volume(4), 4) as selection:
        assert not whole(selection.selected(selection.top(shares)))[0].any()
