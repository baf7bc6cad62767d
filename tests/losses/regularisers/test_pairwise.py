"""Terms on pairs of voxels: numbers by hand, the loop against every pair one by one, and which pairs count."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from tfpartial.config import LossConfig
from tfpartial.errors import TfpartialError
from tfpartial.losses import LossInputs
from tfpartial.losses.regularisers.crf import Crf
from tfpartial.losses.regularisers.laplacian import Laplacian
from tfpartial.losses.regularisers.neighbours import Window, neighbour_sums
from tfpartial.options import options_of
from tfpartial.training import Objective

PAIRS = {"crf": (Crf, lambda p, q: p * (1 - q) + q * (1 - p)), "laplacian": (Laplacian, lambda p, q: (p - q) ** 2)}
SPACING_MM = np.array([[4.0, 1.5, 1.0], [2.0, 0.5, 1.0]], "float32")


def kernel(one, other, move, spacing_mm, window):
    apart = np.sum((np.array(move) * spacing_mm[-len(move) :]) ** 2)
    return np.exp(-np.sum((one - other) ** 2) / 2 / window.sigma_intensity**2 - apart / 2 / window.sigma_mm**2)


def pairs_of(grid, window):
    """Ordered pairs of places of a grid that are in each other's window, and the move from one to the other."""
    sides = (window.slices, window.side, window.side)[-len(grid) :]
    for one, other in itertools.product(np.ndindex(*grid), repeat=2):
        move = np.subtract(other, one)
        if one != other and all(abs(step) <= side // 2 for step, side in zip(move, sides, strict=True)):
            yield one, other, move


@pytest.mark.parametrize("grid", [(4, 5), (3, 3, 4), (1, 2)])
@pytest.mark.parametrize("window", [Window(3, 1, 0.5, 2.0), Window(5, 3, 2.0, 1.0), Window(11, 5, 1.0, 3.0)])
def test_sums_over_the_window_are_those_of_every_pair(grid, window):
    random = np.random.default_rng(0)
    values, image = random.normal(size=(2, *grid, 3)), random.normal(size=(2, *grid, 2))
    expected = np.zeros(values.shape)
    for case in range(2):
        for one, other, move in pairs_of(grid, window):
            weight = kernel(image[case][one], image[case][other], move, SPACING_MM[case], window)
            expected[case][one] += weight * values[case][other]
    found = neighbour_sums(tf.constant(values), tf.constant(image), tf.constant(SPACING_MM), window)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def two_voxels(p, q, weights=(0, 0), intensities=(0, 0)):
    """Two voxels of one organ, side by side, 5 mm apart."""
    logits = np.log(np.array([p, q])) - np.log1p(-np.array([p, q]))
    maps = [np.array(each, "float32").reshape(1, 1, 2, 1) for each in ((0, 0), weights, logits, intensities)]
    targets, weights, logits, image = maps
    spacing_mm = np.array([[9.0, 2.0, 5.0]], "float32")
    return LossInputs(targets, weights, {1: logits}, np.array([[False]]), image=image, spacing_mm=spacing_mm)


@pytest.mark.parametrize(("term", "difference"), [(Crf, 0.9 * 0.75 + 0.1 * 0.25), (Laplacian, 0.65**2)])
def test_two_voxels_by_hand(term, difference):
    """As far apart as s_d: exp(-1/2). One and a half s_x in their intensities as well: exp(-1/2 - 9/8)."""
    same = term("sigmoid", sigma_mm=5.0)(two_voxels(0.9, 0.25))
    assert float(same) == pytest.approx(np.exp(-0.5) * difference / 2, rel=1e-5)
    unlike = term("sigmoid", sigma_mm=5.0, sigma_intensity=2.0)(two_voxels(0.9, 0.25, intensities=(1, -2)))
    assert float(unlike) == pytest.approx(np.exp(-0.5 - 9 / 8) * difference / 2, rel=1e-5)


@pytest.mark.parametrize(
    ("pairs", "certain", "counts"),
    [("any", 0, 1), ("any", 1, 1), ("any", 2, 0), ("both", 0, 1), ("both", 1, 0), ("both", 2, 0), ("all", 0, 1), ("all", 2, 1)],
)
def test_a_pair_counts_by_how_many_of_its_voxels_are_uncertain(pairs, certain, counts):
    weights = (np.arange(2) < certain).astype(int)
    found = float(Crf("sigmoid", pairs=pairs)(two_voxels(0.9, 0.25, weights)))
    assert found == pytest.approx(counts * np.exp(-0.5) * 0.7 / 2, rel=1e-5)


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
@pytest.mark.parametrize("pairs", ["any", "both", "all"])
@pytest.mark.parametrize("grid", [(3, 4), (2, 3, 2)])
def test_the_energy_is_that_of_every_pair(name, activation, pairs, grid):
    """Two organs; each pair once."""
    term, difference = PAIRS[name]
    random = np.random.default_rng(1)
    logits, image = random.normal(size=(2, *grid, 2 + (activation == "softmax"))), random.normal(size=(2, *grid, 1))
    weights = random.integers(0, 2, (2, *grid, 2)).astype("float64")
    inputs = LossInputs(np.zeros_like(weights), weights, {1: logits}, np.zeros((2, 2), bool), image=image, spacing_mm=SPACING_MM)
    sure, e = weights, np.exp(logits)
    p = e / (1 + e)
    if activation == "softmax":
        sure, p = np.repeat(weights.min(-1, keepdims=True), 3, axis=-1), e / e.sum(-1, keepdims=True)
    window = Window(5, 3, 1.5, 2.0)
    expected = 0.0
    for case in range(2):
        for one, other, move in pairs_of(grid, window):
            uncertain = (1 - sure[case][one]) + (1 - sure[case][other])
            counts = uncertain >= {"any": 1, "both": 2, "all": 0}[pairs]
            each = kernel(image[case][one], image[case][other], move, SPACING_MM[case], window)
            expected += 0.5 * each * np.sum(counts * difference(p[case][one], p[case][other]))
    found = term(activation, window=5, sigma_intensity=1.5, sigma_mm=2.0, pairs=pairs)(inputs)
    assert float(found) == pytest.approx(expected / (2 * np.prod(grid)), rel=1e-9)


def test_at_0_and_1_both_terms_count_the_borders():
    """A border between organ and none costs as much, by either."""
    inputs = two_voxels(1 - 1e-15, 1e-15)
    assert float(Crf("sigmoid")(inputs)) == pytest.approx(np.exp(-0.5) / 2, rel=1e-6)
    assert float(Laplacian("sigmoid")(inputs)) == pytest.approx(np.exp(-0.5) / 2, rel=1e-6)


def test_voxels_that_are_not_sure_are_driven_apart_by_the_crf_alone():
    """At a little over 1/2 each voxel follows the other one up; the Laplacian has nothing to say of two that agree."""
    slopes = {}
    for term in (Crf, Laplacian):
        inputs = two_voxels(0.6, 0.6)
        logits = tf.constant(inputs.logits[1])
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = term("sigmoid")(LossInputs(**{**vars(inputs), "logits": {1: logits}}))
        slopes[term] = tape.gradient(value, logits).numpy().ravel()
    np.testing.assert_allclose(slopes[Crf], np.exp(-0.5) * (1 - 1.2) * 0.24 / 2, rtol=1e-4)
    np.testing.assert_allclose(slopes[Laplacian], 0.0, atol=1e-7)


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 4}, ".window: expected an odd number from 3 on, got 4"),
        ({"window": 1}, ".window: expected int, 3 or more, got 1"),
        ({"window_slices": 2}, ".window_slices: expected an odd number from 1 on, got 2"),
        ({"sigma_mm": 0}, ".sigma_mm: expected more than 0, got 0"),
        ({"sigma_intensity": -1.5}, ".sigma_intensity: expected more than 0, got -1.5"),
        ({"pairs": "none"}, ".pairs: expected any or both or all, got 'none'"),
    ],
)
def test_options_that_cannot_be_are_one_line(name, options, message):
    with pytest.raises(TfpartialError) as raised:
        Objective("certain", 1, LossConfig({name: options}))
    assert str(raised.value) == f"loss.terms.{name}{message}"


@pytest.mark.parametrize("name", PAIRS)
def test_data_without_an_image_are_refused(name):
    with pytest.raises(TfpartialError, match=f"loss.terms.{name}: '{name}' needs image; these data have spacing_mm"):
        Objective("certain", 1, LossConfig({name: {}})).require(["spacing_mm"])


@pytest.mark.parametrize("term", [Crf, Laplacian])
def test_the_options_that_both_share_are_described(term):
    described = {option.name: option.text for option in options_of(term, ("self", "activation"))}
    assert "odd number" in described["window"] and all(described.values())
