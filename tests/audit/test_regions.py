"""What is thick enough, and what belongs together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tfpartial.audit.doubt import Marked
from tfpartial.audit.regions import find_regions, half_widths, keep_thick

SPACING = (3.0, 1.0, 1.0)


def marked(mask, probability=0.9):
    return Marked(mask, np.full(int(mask.sum()), probability, np.float32))


def volume(*boxes, shape=(12, 20, 20)):
    mask = np.zeros(shape, bool)
    for box in boxes:
        mask[box] = True
    return mask


def test_the_margin_is_rounded_to_voxels_and_is_at_least_one():
    assert half_widths((50, 50, 50), (5.0, 0.8, 0.8), 3.0) == (1, 4, 4)
    assert half_widths((50, 50, 50), (5.0, 0.8, 0.8), 0.0) == (1, 1, 1)


def test_a_single_slice_counts_as_thick():
    assert half_widths((1, 50, 2), SPACING, 2.0) == (0, 2, 0)


def test_a_shell_along_a_boundary_goes_and_a_cuboid_stays_as_it_is():
    shell = volume((slice(2, 10), slice(2, 18), slice(2, 18)))
    shell[3:9, 4:16, 4:16] = False  # one slice and two voxels thick
    block = volume((slice(1, 4), slice(5, 10), slice(5, 10)))
    assert not keep_thick(shell, (1, 2, 2)).any()
    assert np.array_equal(keep_thick(block, (1, 2, 2)), block)


def test_a_shell_that_hangs_on_a_region_goes_and_the_region_stays():
    block = volume((slice(1, 6), slice(5, 12), slice(5, 12)))
    thin = volume((slice(1, 6), slice(5, 7), slice(12, 20)))
    (region,) = find_regions(marked(block | thin), SPACING, 2.0, 1)
    assert region.box == (slice(1, 6), slice(5, 12), slice(5, 12))
    assert region.voxels == block.sum()


@given(arrays(bool, (4, 6, 6)))
def test_nothing_is_added_and_doing_it_again_changes_nothing(mask):
    once = keep_thick(mask, (1, 1, 1))
    assert not (once & ~mask).any()
    assert np.array_equal(keep_thick(once, (1, 1, 1)), once)


def test_regions_are_apart_unless_they_touch():
    first, second = (slice(0, 3), slice(0, 3), slice(0, 3)), (slice(6, 9), slice(6, 9), slice(6, 9))
    touching = (slice(3, 6), slice(3, 6), slice(3, 6))  # at one corner of each
    assert len(find_regions(marked(volume(first, second)), SPACING, 0, 1)) == 2
    assert len(find_regions(marked(volume(first, touching, second)), SPACING, 0, 1)) == 1
    (joined,) = find_regions(marked(volume(first, second)), SPACING, 0, 1, joined=True)
    assert joined.voxels == 54


def test_the_mean_probability_is_that_of_the_region_alone():
    mask = volume((slice(0, 3), slice(0, 3), slice(0, 3)), (slice(6, 9), slice(6, 9), slice(6, 9)), (0, 0, 19))
    probability = np.where(np.argwhere(mask)[:, 0] < 4, 0.8, 1.0).astype(np.float32)
    assert [one.mean_probability for one in find_regions(Marked(mask, probability), SPACING, 0, 1)] == pytest.approx([0.8, 1.0])


def test_small_regions_are_left_out():
    mask = volume((slice(0, 3), slice(0, 3), slice(0, 3)), (slice(6, 9), slice(6, 9), slice(6, 10)))
    assert [one.voxels for one in find_regions(marked(mask), SPACING, 0, 28)] == [36]


def test_no_marks_make_no_region():
    assert find_regions(marked(volume()), SPACING, 3.0, 1) == []


def test_the_centre_lies_inside_a_bent_region():
    ring = volume((slice(0, 3), slice(0, 15), slice(0, 15)))
    ring[:, 3:12, 3:12] = False
    (region,) = find_regions(marked(ring), SPACING, 1.0, 1)
    assert ring[region.centre(SPACING)]


@given(st.integers(0, 2), st.integers(0, 5))
def test_a_cuboid_is_found_at_its_place(z, y):
    (region,) = find_regions(marked(volume((slice(z, z + 5), slice(y, y + 7), slice(2, 9)))), SPACING, 2.0, 1)
    assert region.centre(SPACING) == (z + 2, y + 3, 5)
