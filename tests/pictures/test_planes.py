"""How slices are cut, turned and chosen."""

import numpy as np
import pytest

from tfpartial.labels import IGNORE
from tfpartial.pictures.planes import cut, pick_slices, pixel_mm, shows_organ

VOLUME = np.arange(24).reshape(2, 3, 4)  # [z, y, x]


def test_axial_slices_have_the_front_at_the_top_and_the_right_at_the_left():
    assert np.array_equal(cut(VOLUME, "axial", 1), VOLUME[1])


def test_coronal_and_sagittal_slices_have_the_head_at_the_top():
    assert cut(VOLUME, "coronal", 1).tolist() == [[16, 17, 18, 19], [4, 5, 6, 7]]
    assert cut(VOLUME, "sagittal", 3).tolist() == [[15, 19, 23], [3, 7, 11]]


@pytest.mark.parametrize(("plane", "expected"), [("axial", (2.0, 3.0)), ("coronal", (5.0, 3.0)), ("sagittal", (5.0, 2.0))])
def test_pixels_have_the_size_of_the_two_axes_that_are_left(plane, expected):
    assert pixel_mm((5.0, 2.0, 3.0), plane) == expected


def test_several_slices_are_spread_over_where_organs_are():
    label = np.zeros((20, 3, 3), np.uint8)
    label[4:12, 1, 1] = 1
    label[:2] = IGNORE
    assert pick_slices(label, "axial", 1) == [11]
    assert pick_slices(label, "axial", 2) == [6, 10]
    assert pick_slices(label, "axial", 100) == list(range(4, 12))
    assert pick_slices(label, "coronal", 3) == [1]


def test_voxels_to_ignore_are_no_organ():
    assert not shows_organ(np.array([0, IGNORE], np.uint8))
    assert shows_organ(np.array([0, 254], np.uint8))
