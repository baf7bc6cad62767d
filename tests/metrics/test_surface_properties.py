"""What holds for the surface metrics of any two masks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist

from tfpartial.metrics import average_surface_distance, hausdorff, normalized_surface_dice

MASKS = arrays(bool, (4, 5, 6))
SPACINGS_MM = st.tuples(*[st.floats(0.3, 8.0)] * 3)
SURFACES = st.sampled_from(["voxels", "elements"])
TOLERANCE_MM = 1.7


def metrics(reference, prediction, spacing_mm, surface="voxels", tolerance_mm=TOLERANCE_MM):
    pair = reference, prediction, spacing_mm
    return np.array(
        [
            hausdorff(*pair, surface=surface),
            average_surface_distance(*pair, surface=surface),
            normalized_surface_dice(*pair, tolerance_mm, surface=surface),
        ]
    )


def same(first, second):
    return np.testing.assert_allclose(first, second, rtol=1e-9, atol=1e-12)


@given(MASKS, MASKS, SPACINGS_MM)
def test_the_tree_finds_what_trying_all_pairs_finds(reference, prediction, spacing_mm):
    points = [np.argwhere(mask & ~_inside(mask)) * spacing_mm for mask in (reference, prediction)]
    if all(map(len, points)):
        apart = cdist(*points)
        both = apart.min(axis=1), apart.min(axis=0)
        together = np.concatenate(both)
        expected = max(one.max() for one in both), together.mean(), (together <= TOLERANCE_MM + 1e-5).mean()
        same(metrics(reference, prediction, spacing_mm), expected)


def _inside(mask):
    """Voxels whose six neighbours are in the mask."""
    padded = np.pad(mask, 1)
    shifts = [np.roll(padded, step, axis) for axis in range(3) for step in (-1, 1)]
    return np.logical_and.reduce(shifts)[1:-1, 1:-1, 1:-1]


@given(MASKS, MASKS, SPACINGS_MM, SURFACES)
def test_reference_and_prediction_may_change_places(reference, prediction, spacing_mm, surface):
    same(metrics(reference, prediction, spacing_mm, surface), metrics(prediction, reference, spacing_mm, surface))


@given(MASKS, SPACINGS_MM, SURFACES)
def test_a_mask_is_not_apart_from_itself(mask, spacing_mm, surface):
    same(metrics(mask, mask, spacing_mm, surface), [0, 0, 1] if mask.any() else [np.nan] * 3)


@given(MASKS, MASKS, SPACINGS_MM, SURFACES, st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_a_mask_may_be_padded_moved_and_cropped(reference, prediction, spacing_mm, surface, margins):
    padded = (np.pad(mask, np.reshape(margins, (3, 2))) for mask in (reference, prediction))
    same(metrics(*padded, spacing_mm, surface), metrics(reference, prediction, spacing_mm, surface))


@given(MASKS, MASKS, SPACINGS_MM, SURFACES, st.sets(st.integers(0, 2)))
def test_a_mirror_changes_nothing(reference, prediction, spacing_mm, surface, axes):
    mirrored = (np.flip(mask, tuple(axes)) for mask in (reference, prediction))
    same(metrics(*mirrored, spacing_mm, surface), metrics(reference, prediction, spacing_mm, surface))


@given(MASKS, MASKS, SPACINGS_MM, SURFACES, st.permutations(range(3)))
def test_the_order_of_the_axes_changes_nothing(reference, prediction, spacing_mm, surface, order):
    turned = (mask.transpose(order) for mask in (reference, prediction))
    turned_spacing_mm = [spacing_mm[axis] for axis in order]
    same(metrics(*turned, turned_spacing_mm, surface), metrics(reference, prediction, spacing_mm, surface))


@given(MASKS, MASKS, SPACINGS_MM, SURFACES, st.sampled_from([0.25, 2.0, 16.0]))
def test_distances_scale_with_the_spacing(reference, prediction, spacing_mm, surface, scale):
    scaled_mm = [scale * spacing for spacing in spacing_mm]
    *distances, share = metrics(reference, prediction, spacing_mm, surface)
    *scaled, scaled_share = metrics(reference, prediction, scaled_mm, surface, scale * TOLERANCE_MM)
    same(scaled, np.multiply(scale, distances))
    same(scaled_share, share)


@given(MASKS, MASKS, SPACINGS_MM, SURFACES)
def test_percentiles_rise_to_the_hausdorff_distance(reference, prediction, spacing_mm, surface):
    if reference.any() and prediction.any():
        rising = [hausdorff(reference, prediction, spacing_mm, percentile, surface) for percentile in (0, 50, 95, 100)]
        assert rising == sorted(rising)
        assert average_surface_distance(reference, prediction, spacing_mm, surface) <= rising[-1] + 1e-9


@given(MASKS, MASKS, SPACINGS_MM, SURFACES)
def test_within_the_hausdorff_distance_all_surfaces_agree(reference, prediction, spacing_mm, surface):
    if reference.any() and prediction.any():
        farthest_mm = hausdorff(reference, prediction, spacing_mm, surface=surface)
        within = normalized_surface_dice(reference, prediction, spacing_mm, farthest_mm, surface)
        assert within == pytest.approx(1.0, rel=1e-12)
