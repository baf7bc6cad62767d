"""Surface metrics by hand, and what is refused."""

import math
from functools import partial

import numpy as np
import pytest

from tfpartial.errors import TfpartialError
from tfpartial.metrics import average_surface_distance, hausdorff, normalized_surface_dice

SPACING_MM = (5.0, 2.0, 1.0)


def box(z, y, x, shape=(8, 9, 20)):
    mask = np.zeros(shape, bool)
    mask[slice(*z), slice(*y), slice(*x)] = True
    return mask


EMPTY = box((0, 0), (0, 0), (0, 0))
VOXEL = box((1, 2), (1, 2), (1, 2))


@pytest.mark.parametrize("surface", ["voxels", "elements"])
def test_two_voxels_are_apart_by_the_spacing_of_each_axis(surface):
    other = box((3, 4), (4, 5), (6, 7))
    apart_mm = math.sqrt((2 * 5) ** 2 + (3 * 2) ** 2 + 5**2)
    assert hausdorff(VOXEL, other, SPACING_MM, surface=surface) == pytest.approx(apart_mm, rel=1e-12)


def test_a_voxel_and_a_row_by_hand():
    row = box((1, 2), (1, 2), (1, 5))  # 0, 1, 2 and 3 mm from the voxel
    assert hausdorff(VOXEL, row, SPACING_MM) == 3.0
    assert hausdorff(VOXEL, row, SPACING_MM, percentile=50) == 1.5
    assert average_surface_distance(VOXEL, row, SPACING_MM) == (0 + 0 + 1 + 2 + 3) / 5
    assert normalized_surface_dice(VOXEL, row, SPACING_MM, tolerance_mm=1) == 3 / 5
    assert normalized_surface_dice(VOXEL, row, SPACING_MM, tolerance_mm=0.99) == 2 / 5


def test_the_inside_of_a_mask_is_no_surface():
    cube, hollow = box((2, 5), (2, 5), (2, 5)), box((2, 5), (2, 5), (2, 5))
    hollow[3, 3, 3] = False
    # The 26 voxels around the hole are borders of the cube already.
    assert hausdorff(cube, hollow, SPACING_MM) == 0.0
    assert average_surface_distance(cube, hollow, SPACING_MM) == 0.0


def test_the_larger_of_the_two_directed_percentiles_is_taken():
    far = VOXEL.copy()
    far[1, 1, 11] = True
    # From `far`, half of the points lie 10 mm away; from the voxel, none.
    assert hausdorff(VOXEL, far, SPACING_MM, percentile=95) == pytest.approx(9.5)
    assert hausdorff(far, VOXEL, SPACING_MM, percentile=95) == pytest.approx(9.5)


def test_elements_count_by_their_areas():
    first, second = box((2, 6), (2, 6), (2, 12)), box((2, 6), (2, 6), (2, 14))
    spacing_mm = (1.0, 1.0, 1.0)
    # The points of a long box: an end has 4 corners, 4 edges and a face of 3 elements each way; between, there are rings.
    rim_mm2 = 4 * math.sqrt(3) / 8 + 4 * 3 * math.sqrt(0.5)
    face_mm2 = 3 * 3
    ring_mm2 = 4 * math.sqrt(0.5) + 4 * 3
    first_mm2, second_mm2 = (2 * (rim_mm2 + face_mm2) + rings * ring_mm2 for rings in (9, 11))
    # The shorter box ends on a ring of the longer one, which goes on for one more ring and its end.
    apart_mm2 = face_mm2 + (ring_mm2 + rim_mm2 + face_mm2)
    share = normalized_surface_dice(first, second, spacing_mm, tolerance_mm=0, surface="elements")
    assert share == pytest.approx(1 - apart_mm2 / (first_mm2 + second_mm2), rel=1e-9)


def test_a_distance_equal_to_the_tolerance_is_within_it_wherever_the_masks_lie():
    for start in range(14):
        pair = box((1, 2), (1, 2), (start, start + 1)), box((1, 2), (1, 2), (start + 3, start + 4))
        assert normalized_surface_dice(*pair, (5.0, 2.0, 0.7), tolerance_mm=2.1) == 1.0
        assert normalized_surface_dice(*pair, (5.0, 2.0, float(np.float32(0.7))), tolerance_mm=2.1) == 1.0


@pytest.mark.parametrize("surface", ["voxels", "elements"])
def test_where_a_mask_is_empty_distances_are_undefined_and_no_surface_agrees(surface):
    for pair in ((VOXEL, EMPTY), (EMPTY, VOXEL)):
        assert math.isnan(hausdorff(*pair, SPACING_MM, surface=surface))
        assert math.isnan(hausdorff(*pair, SPACING_MM, percentile=95, surface=surface))
        assert math.isnan(average_surface_distance(*pair, SPACING_MM, surface=surface))
        assert normalized_surface_dice(*pair, SPACING_MM, tolerance_mm=1000, surface=surface) == 0.0


@pytest.mark.parametrize("surface", ["voxels", "elements"])
def test_two_empty_masks_have_no_metric(surface):
    assert math.isnan(hausdorff(EMPTY, EMPTY, SPACING_MM, surface=surface))
    assert math.isnan(average_surface_distance(EMPTY, EMPTY, SPACING_MM, surface=surface))
    assert math.isnan(normalized_surface_dice(EMPTY, EMPTY, SPACING_MM, tolerance_mm=1, surface=surface))


def test_a_picture_has_a_contour_and_no_upper_and_lower_face():
    shape = (1, 9, 20)
    whole, smaller = box((0, 1), (1, 8), (1, 8), shape), box((0, 1), (2, 7), (2, 7), shape)
    # The contours are 1 voxel apart, except at the corners; were each pixel a border, the smaller one would lie in the whole.
    assert hausdorff(whole, smaller, (9.0, 1.0, 1.0)) == pytest.approx(math.sqrt(2))
    assert average_surface_distance(whole, smaller, (9.0, 1.0, 1.0)) == pytest.approx((20 + 4 * math.sqrt(2) + 16) / 40)
    with pytest.raises(TfpartialError, match="surface elements: expected a volume of several slices"):
        hausdorff(whole, smaller, (9.0, 1.0, 1.0), surface="elements")


METRICS = {
    "hausdorff": hausdorff,
    "average surface distance": average_surface_distance,
    "normalized surface Dice": partial(normalized_surface_dice, tolerance_mm=1),
}


@pytest.mark.parametrize("name", METRICS)
def test_other_arrays_and_spacings_are_refused_by_name(name):
    metric = METRICS[name]
    with pytest.raises(TfpartialError, match=rf"{name}: expected equal shapes, got reference \(8, 9, 20\) and prediction \(7,"):
        metric(VOXEL, VOXEL[:-1], SPACING_MM)
    with pytest.raises(TfpartialError, match=f"{name}: expected bool arrays, got reference uint8 and prediction bool"):
        metric(VOXEL.astype(np.uint8), VOXEL, SPACING_MM)
    with pytest.raises(TfpartialError, match=rf"{name}: expected volumes \[Z, Y, X\], got arrays of shape \(9, 20\)"):
        metric(VOXEL[0], VOXEL[0], SPACING_MM)
    for spacing_mm in ((1.0, 1.0), (1.0, 0.0, 1.0), (1.0, math.nan, 1.0), (1.0, 1.0, math.inf)):
        with pytest.raises(TfpartialError, match=f"{name}: expected spacing_mm as three positive numbers"):
            metric(VOXEL, VOXEL, spacing_mm)
    with pytest.raises(TfpartialError, match=f"{name}: expected surface as one of voxels, elements, got 'skin'"):
        metric(VOXEL, VOXEL, SPACING_MM, surface="skin")


def test_a_percentile_or_tolerance_out_of_range_is_refused():
    for percentile in (-1, 100.5, math.nan):
        with pytest.raises(TfpartialError, match="hausdorff: expected a percentile of 0 to 100, got"):
            hausdorff(VOXEL, VOXEL, SPACING_MM, percentile)
    for tolerance_mm in (-0.1, math.nan, math.inf):
        with pytest.raises(TfpartialError, match="normalized surface Dice: expected tolerance_mm as 0 or more, got"):
            normalized_surface_dice(VOXEL, VOXEL, SPACING_MM, tolerance_mm)
