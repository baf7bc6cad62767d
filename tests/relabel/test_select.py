import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tfpartial.errors import TfpartialError
from tfpartial.relabel import select, select_top
from tfpartial.relabel.ordering import Cut, ordered_keys, share_of
from tfpartial.relabel.volume_selection import VolumeSelection


@given(
    data=st.data(), shape=npst.array_shapes(min_dims=1, max_dims=4, max_side=6), share=st.sampled_from([0, 0.25, 0.5, 0.75, 1])
)
def test_equals_sorting(by_sorting, data, shape, share):
    few = st.sampled_from([0.0, -0.0, 0.25, 0.49, 0.5, 0.75, 1.0])  # many ties
    numbers = few | st.floats(0, 1, width=32)
    probability = data.draw(npst.arrays(np.float32, shape, elements=numbers))
    confidence = data.draw(npst.arrays(np.float32, shape, elements=numbers | st.floats(-2, 2, width=32)))
    np.testing.assert_array_equal(select_top(probability, confidence, share), by_sorting(probability, confidence, share))


def test_is_the_same_in_chunks(by_sorting, monkeypatch):
    random = np.random.default_rng(0)
    probability, confidence = random.random((7, 9, 5)), random.integers(0, 4, (7, 9, 5)) / 4
    monkeypatch.setattr(select, "CHUNK", 13)
    np.testing.assert_array_equal(select_top(probability, confidence, 0.4), by_sorting(probability, confidence, 0.4))


def test_a_share_of_a_few_by_hand():
    probability = np.array([0.9, 0.4, 0.5, 0.6, 0.7])
    confidence = np.array([0.3, 1.0, 0.8, 0.8, 0.1])
    assert select_top(probability, confidence, 0.5).tolist() == [False, False, True, True, False]
    assert select_top(probability, confidence, 0.25).tolist() == [False, False, True, False, False]
    assert select_top(probability, confidence, 1).tolist() == [True, False, True, True, True]
    assert not select_top(probability, confidence, 0).any()


def test_halves_are_rounded_up_and_decimal_shares_are_exact():
    assert [share_of(count, 0.5) for count in (1, 2, 3)] == [1, 1, 2]
    assert share_of(50, 0.29) == 15  # 14.5; in binary floating point 0.29 * 50 is 14.499999999999998
    assert share_of(3 * 10**9, 1 / 3) == 10**9


def test_tensors_give_a_tensor_and_arrays_an_array():
    probability = np.array([0.9, 0.2, 0.8], np.float32)
    tensor = keras.ops.convert_to_tensor(probability)
    selected = select_top(tensor, tensor, 0.5)
    assert keras.ops.is_tensor(selected) and keras.ops.convert_to_numpy(selected).tolist() == [True, False, False]
    assert isinstance(select_top(probability, probability, 0.5), np.ndarray)


def test_its_rule_is_that_of_the_volume(monkeypatch):
    def first_of_all(self, shares):
        return {organ: Cut(int(ordered_keys(np.ones(1, np.float32))[0]), 1) for organ in shares}

    monkeypatch.setattr(VolumeSelection, "top", first_of_all)
    assert select_top(np.ones(3), np.ones(3), 1).tolist() == [True, False, False]


def test_nothing_predicted_and_nothing_at_all():
    assert not select_top(np.zeros((2, 3)), np.ones((2, 3)), 1).any()
    assert select_top(np.zeros((0, 3)), np.zeros((0, 3)), 1).shape == (0, 3)


@given(st.lists(st.floats(allow_nan=False, width=32), min_size=2, max_size=2))
def test_keys_have_the_order_of_the_numbers(pair):
    one, other = ordered_keys(np.array(pair, np.float32)).tolist()
    pair = np.where(np.abs(pair) < np.finfo(np.float32).tiny, 0, pair)
    assert (one > other) == (pair[0] > pair[1]) and (one == other) == (pair[0] == pair[1])


def test_subnormals_are_zero():
    confidence = np.array([-1e-40, 0.0, 1e-45, 2e-38], np.float32)
    keys = ordered_keys(confidence)
    assert keys[0] == keys[1] == keys[2] < keys[3]
    assert select_top(np.full(4, 0.5, np.float32), confidence, 0.5).tolist() == [True, False, False, True]


@pytest.mark.parametrize(
    ("probability", "confidence", "share", "message"),
    [
        (np.ones((2, 3)), np.ones((3, 2)), 0.5, r"of one shape, got \(2, 3\) and \(3, 2\)"),
        (np.ones(3), np.ones(3), 1.5, "share from 0 to 1, got 1.5"),
        (np.ones(3), np.ones(3), float("nan"), "share from 0 to 1, got nan"),
        (np.array([1, np.nan]), np.ones(2), 0.5, "got NaN in probability"),
        (np.ones(2), np.array([1, np.nan]), 0.5, "got NaN in confidence"),
    ],
)
def test_says_what_is_wrong(probability, confidence, share, message):
    with pytest.raises(TfpartialError, match=message):
        select_top(probability, confidence, share)
