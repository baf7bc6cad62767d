import numpy as np
import pytest

from tfpartial.data.formats.contour_gaps import gaps, interpolate


def test_gaps_lie_between_slices_that_have_contours():
    assert gaps([2, 3, 5, 5, 9]) == [range(4, 5), range(6, 9)]
    assert gaps([4]) == []


def planes(*squares):
    """Slices `[6, 20, 20]`; in each a square of so many pixels around the middle, or none."""
    drawn = np.zeros((len(squares), 20, 20), bool)
    for plane, half in zip(drawn, squares, strict=True):
        plane[10 - half : 10 + half, 10 - half : 10 + half] = True
    return drawn


@pytest.mark.parametrize(
    ("squares", "expected"),
    [
        ((4, 0, 4), (4, 4, 4)),
        ((2, 0, 4), (2, 3, 4)),
        ((8, 0, 0, 2), (8, 6, 4, 2)),
        ((9, 0, 10), (9, 9, 10)),  # up to the border of the image; an edge halfway between two pixels stays outside
    ],
)
def test_shapes_change_evenly_from_one_side_to_the_other(squares, expected):
    drawn = planes(*squares)
    assert interpolate(drawn, range(1, len(squares) - 1), (1.0, 1.0))
    np.testing.assert_array_equal(drawn[:, 10], planes(*expected)[:, 10])  # a row through the middle: corners get round


def test_shapes_that_lie_apart_are_not_joined():
    drawn = np.zeros((3, 20, 20), bool)
    drawn[0, 1:4, 1:4] = drawn[2, 15:18, 15:18] = True
    before = drawn.copy()
    assert not interpolate(drawn, range(1, 2), (1.0, 1.0))
    np.testing.assert_array_equal(drawn, before)
