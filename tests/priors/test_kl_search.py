"""Every translation of a window at once equals trying each of them; the lowest is the one to take."""

import importlib
import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from keras import ops

from tfpartial.errors import TfpartialError
from tfpartial.priors.kl_search import EPSILON, best_place, kl_map, kl_search, subvoxel

# The package has a function of the module's name.
MODULE = importlib.import_module("tfpartial.priors.kl_search")
SIZES = st.tuples(*[st.integers(1, 5)] * 3)
WINDOWS = st.tuples(*[st.integers(0, 3)] * 3)
SOFT = st.floats(0, 1, width=32)
BINARY = st.sampled_from([0.0, 1.0])
SPARSE = st.sampled_from([0.0] * 9 + [0.5, 1.0])
EPSILONS = st.sampled_from([1e-9, EPSILON, 0.01])


@st.composite
def pairs(draw):
    """A reference and a probability of one shape; some are sparse, some equal but for a little noise."""
    size = draw(SIZES)
    reference = draw(arrays(np.float64, size, elements=draw(st.sampled_from([SOFT, BINARY, SPARSE]))))
    reference[tuple(draw(st.integers(0, length - 1)) for length in size)] = 1  # at the border as often as not
    if draw(st.booleans()):
        return reference, draw(arrays(np.float32, size, elements=draw(st.sampled_from([SOFT, BINARY, SPARSE]))))
    noise = draw(arrays(np.float64, size, elements=st.floats(-1e-4, 1e-4)))
    return reference, (reference + noise).clip(0, 1)


def one_by_one(reference, probability, window, epsilon=EPSILON):
    """The definition: move, clip, sum; offset by offset."""
    sides = reference.shape
    padded = np.pad(np.asarray(probability, np.float64), [(far, far) for far in window])
    divergences = np.empty([2 * far + 1 for far in window])
    for place in itertools.product(*map(range, divergences.shape)):
        starts = [2 * far - index for far, index in zip(window, place, strict=True)]
        moved = padded[tuple(slice(start, start + side) for start, side in zip(starts, sides, strict=True))]
        moved = moved.clip(epsilon, 1 - epsilon)
        terms = np.zeros(sides)
        for share, chance in ((reference, moved), (1 - reference, 1 - moved)):
            there = share > 0
            terms[there] += share[there] * np.log(share[there] / chance[there])
        divergences[place] = math.fsum(terms.ravel()) / terms.size
    return divergences


TIES_BUT_FOR_ROUNDING = np.array([[[0.0, 1, 0], [0, 0, 0]]]), np.array([[[0, 0, 0], [1, 1, 1]]], np.float32)
"""Moved out of the volume, or beside the voxel, it costs ln(epsilon): the sums differ in their twelfth digit."""


@given(pairs(), WINDOWS, EPSILONS)
@example(TIES_BUT_FOR_ROUNDING, (0, 1, 1), 1e-6)
def test_all_translations_at_once_equal_one_by_one(pair, window, epsilon):
    expected = one_by_one(*pair, window, epsilon)
    found = kl_map(*pair, window, epsilon)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-15)
    offset, divergence = kl_search(*pair, window, epsilon)
    assert divergence == pytest.approx(expected.min(), rel=1e-4, abs=1e-15)
    assert tuple(index - far for index, far in zip(best_place(expected), window, strict=True)) == offset


MANY_TIES = np.array([[[1.0, 0.0, 0.0, 0.0]]]), np.ones((1, 1, 4))


@given(pairs(), WINDOWS)
@example(MANY_TIES, (2, 1, 2))
def test_float32_backends_find_the_same_translation_and_divergence(pair, window):
    expected = one_by_one(*pair, window)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MODULE, "_on_device", lambda values: ops.convert_to_tensor(values.astype(np.float32)))
        offset, divergence = kl_search(*pair, window)
    assert divergence == pytest.approx(expected.min(), rel=1e-4, abs=1e-15)
    assert tuple(index - far for index, far in zip(best_place(expected), window, strict=True)) == offset


def test_slabs_add_up():
    random = np.random.default_rng(0)
    reference, probability = np.zeros((2 * MODULE.SLAB + 3, 3, 4)), random.random((2 * MODULE.SLAB + 3, 3, 4))
    reference[MODULE.SLAB - 2 : MODULE.SLAB + 5, 1:, :3] = random.random((7, 2, 3))
    expected = one_by_one(reference, probability, (4, 1, 2))
    np.testing.assert_allclose(kl_map(reference, probability, (4, 1, 2)), expected, rtol=1e-9)


def test_divergences_by_hand():
    reference, probability = np.array([[[0.0, 1.0, 0.0]]]), np.array([[[0.5, 0.25, 0.0]]])
    # Moved by -1, 0 and 1, where 0 becomes 0.1: (0.25, 0.1, 0.1), (0.5, 0.25, 0.1), (0.1, 0.5, 0.25).
    shares = np.array([0.75 * 0.1 * 0.9, 0.5 * 0.25 * 0.9, 0.9 * 0.5 * 0.75])
    divergences = kl_map(reference, probability, (0, 0, 1), epsilon=0.1)
    np.testing.assert_allclose(divergences, -np.log(shares)[None, None] / 3, rtol=1e-12)
    assert kl_search(reference, probability, (0, 0, 1), epsilon=0.1) == ((0, 0, 1), pytest.approx(0.362063, abs=1e-6))


def test_a_known_movement_is_found():
    reference = np.zeros((9, 10, 11), np.uint8)
    reference[3:6, 4:8, 2:7] = 1
    probability = 0.9 * np.roll(reference, (-2, 1, 3), axis=(0, 1, 2)) + 0.05
    assert kl_search(reference, probability, 3)[0] == (2, -1, -3)
    assert kl_search(reference.astype(bool), probability.astype(np.float16), (2, 1, 3))[0] == (2, -1, -3)


def test_equal_arrays_are_not_moved():
    reference = np.random.default_rng(0).uniform(0.01, 0.99, (4, 5, 6))
    assert kl_search(reference, reference, 2) == ((0, 0, 0), pytest.approx(0, abs=1e-15))
    mask = (reference > 0.5).astype(float)
    # What is left is the clipping alone.
    assert kl_search(mask, mask, 2) == ((0, 0, 0), pytest.approx(-math.log(1 - EPSILON), rel=1e-6))


def test_of_equal_translations_the_smallest_movement_is_taken_and_then_the_first():
    reference = np.zeros((1, 1, 9))
    reference[0, 0, 4] = 1
    twice = np.zeros((1, 1, 9))
    twice[0, 0, [3, 6]] = 0.8
    assert kl_search(reference, twice, (0, 0, 3))[0] == (0, 0, 1)
    twice[0, 0, [3, 6]] = 0, 0.8
    twice[0, 0, 2] = 0.8
    assert kl_search(reference, twice, (0, 0, 3))[0] == (0, 0, -2)


@pytest.mark.parametrize("fill", [0.0, 1e-7])
def test_a_probability_that_tells_nothing_moves_nothing(fill):
    reference = np.zeros((5, 5, 5))
    reference[1:3, 2:4, 2:5] = 1
    offset, divergence = kl_search(reference, np.full((5, 5, 5), fill), 4)
    assert offset == (0, 0, 0)
    # 12 voxels of 1 meet epsilon.
    assert divergence == pytest.approx(-(12 * math.log(EPSILON) + 113 * math.log(1 - EPSILON)) / 125, rel=1e-9)


def test_the_window_may_exceed_the_volume():
    reference, probability = np.ones((1, 2, 2)), np.full((1, 2, 2), 0.5)
    divergences = kl_map(reference, probability, (3, 4, 5))
    assert divergences.shape == (7, 9, 11)
    np.testing.assert_allclose(divergences, one_by_one(reference, probability, (3, 4, 5)), rtol=1e-9)
    assert divergences[0, 0, 0] == pytest.approx(-math.log(EPSILON))


def test_the_vertex_of_a_parabola_is_found_between_voxels():
    z, y, x = np.indices((5, 5, 5)) - 2.0
    divergences = 1 + 2 * (z - 0.25) ** 2 + 0.5 * (y + 0.375) ** 2 + (x - 1) ** 2
    assert best_place(divergences) == (2, 2, 3)
    assert subvoxel(divergences, (2, 2, 3)) == pytest.approx((0.25, -0.375, 0))


def test_at_the_border_and_where_it_is_flat_nothing_is_corrected():
    line = np.array([[[1.0, 2.0, 2.0, 2.0, 0.5]]])
    for index in (0, 2, 4):
        assert subvoxel(line, (0, 0, index)) == (0, 0, 0)
    # Two equal minima: the vertex lies half way.
    assert subvoxel(np.array([[[3.0, 1.0, 1.0]]]), (0, 0, 1)) == (0, 0, 0.5)


VOLUME = np.full((2, 3, 4), 0.5)


def test_arrays_that_are_no_pair_of_volumes_are_refused():
    shapes = r"kl search: expected equal shapes, got reference \(2, 3, 4\) and probability \(1, 3, 4\)"
    with pytest.raises(TfpartialError, match=shapes):
        kl_search(VOLUME, VOLUME[:1], 1)
    with pytest.raises(TfpartialError, match=r"kl search: expected volumes \[Z, Y, X\], got arrays of shape \(3, 4\)"):
        kl_search(VOLUME[0], VOLUME[0], 1)
    with pytest.raises(TfpartialError, match=r"kl search: expected volumes \[Z, Y, X\], got arrays of shape \(0, 3, 4\)"):
        kl_search(VOLUME[:0], VOLUME[:0], 1)


@pytest.mark.parametrize("name", ["reference", "probability"])
def test_values_that_are_no_probabilities_are_refused_by_name(name):
    def search(value):
        broken = VOLUME.copy()
        broken[1, 2, 3] = value
        kl_search(**{"reference": VOLUME, "probability": VOLUME, name: broken}, window=1)

    with pytest.raises(TfpartialError, match=f"kl search: expected {name} in 0..1, got NaN"):
        search(math.nan)
    with pytest.raises(TfpartialError, match=f"kl search: expected {name} in 0..1, got values from 0.5 to 1.5"):
        search(1.5)
    with pytest.raises(TfpartialError, match=f"kl search: expected {name} in 0..1, got values from -inf to 0.5"):
        search(-math.inf)


def test_an_empty_reference_is_refused():
    with pytest.raises(TfpartialError, match="kl search: the reference has no voxel above 0, so that there is nothing to align"):
        kl_search(np.zeros((2, 3, 4)), VOLUME, 1)


@pytest.mark.parametrize("window", [-1, (1, -1, 1), (1, 1), 1.5, True])
def test_a_window_that_is_none_is_refused(window):
    with pytest.raises(TfpartialError, match="kl search: expected window as 0 or more whole voxels, one for all axes or three"):
        kl_search(VOLUME, VOLUME, window)


@pytest.mark.parametrize("epsilon", [0, 1e-17, 0.5, math.nan])
def test_an_epsilon_that_cannot_clip_is_refused(epsilon):
    with pytest.raises(TfpartialError, match="kl search: expected epsilon from 1e-10 on and below"):
        kl_map(VOLUME, VOLUME, 1, epsilon)


@pytest.mark.parametrize("place", [(1, 1), (0, 0, 3), (-1, 0, 0)])
def test_a_place_outside_the_map_is_refused(place):
    with pytest.raises(TfpartialError, match=r"subvoxel: expected place as an index into a map of shape \(3, 3, 3\), got"):
        subvoxel(np.zeros((3, 3, 3)), place)
