"""Several contours on one slice: holes, repetitions, overlapping pieces."""

import numpy as np
import pytest

from tfpartial.data.formats.contours import draw

SHAPE = (12, 12)


def rectangle(left, top, right, bottom, aside=0.0):
    """Half a pixel outside of the pixels `left..right - 1`, `top..bottom - 1`."""
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) - 0.5 + [aside, 0]


def pixels(*rectangles):
    mask = np.zeros(SHAPE, bool)
    for left, top, right, bottom in rectangles:
        mask[top:bottom, left:right] = True
    return mask


OUTER, HOLE, ISLAND = (1, 1, 11, 11), (3, 3, 9, 9), (5, 5, 7, 7)
LEFT, RIGHT = (1, 1, 7, 5), (4, 2, 11, 6)
KEYHOLE = np.array([[0, 0], [9, 0], [9, 9], [0, 9], [0, 4], [3, 4], [3, 6], [6, 6], [6, 3], [3, 3], [3, 4], [0, 4]]) + 0.5
RING = pixels((1, 1, 10, 10)) & ~pixels((4, 4, 7, 7))
ROWS = {
    # contours, pixels, repeated, overlapping
    "one": ([rectangle(*OUTER)], pixels(OUTER), 0, False),
    "twice": ([rectangle(*OUTER)] * 2, pixels(OUTER), 1, False),
    "three times": ([rectangle(*OUTER)] * 3, pixels(OUTER), 2, False),
    "turned the other way": ([rectangle(*OUTER), rectangle(*OUTER)[::-1]], pixels(OUTER), 1, False),
    "from another point on": ([rectangle(*OUTER), np.roll(rectangle(*OUTER), 2, axis=0)], pixels(OUTER), 1, False),
    "with more points": ([rectangle(*OUTER), np.insert(rectangle(*OUTER), 1, [5, 0.5], axis=0)], pixels(OUTER), 1, False),
    "nearly twice": ([rectangle(*OUTER), rectangle(*OUTER, aside=0.4)], pixels(OUTER), 1, False),
    "a thin wall": ([rectangle(*OUTER), rectangle(2, 2, 10, 10)], pixels(OUTER) & ~pixels((2, 2, 10, 10)), 0, False),
    "hole": ([rectangle(*OUTER), rectangle(*HOLE)], pixels(OUTER) & ~pixels(HOLE), 0, False),
    "hole first": ([rectangle(*HOLE), rectangle(*OUTER)], pixels(OUTER) & ~pixels(HOLE), 0, False),
    "hole at the rim": ([rectangle(*OUTER), rectangle(1, 3, 5, 5)], pixels(OUTER) & ~pixels((1, 3, 5, 5)), 0, False),
    "hole twice": ([rectangle(*OUTER), rectangle(*HOLE), rectangle(*HOLE)], pixels(OUTER) & ~pixels(HOLE), 1, False),
    "island": (
        [rectangle(*ISLAND), rectangle(*OUTER), rectangle(*HOLE)],
        (pixels(OUTER) & ~pixels(HOLE)) | pixels(ISLAND),
        0,
        False,
    ),
    "apart": ([rectangle(1, 1, 3, 3), rectangle(6, 6, 9, 9)], pixels((1, 1, 3, 3), (6, 6, 9, 9)), 0, False),
    "side by side": ([rectangle(1, 1, 4, 5), rectangle(4, 1, 9, 5)], pixels((1, 1, 9, 5)), 0, False),
    "overlap": ([rectangle(*LEFT), rectangle(*RIGHT)], pixels(LEFT, RIGHT), 0, True),
    "crossing": ([rectangle(1, 5, 11, 7), rectangle(5, 1, 7, 11)], pixels((1, 5, 11, 7), (5, 1, 7, 11)), 0, True),
    "hole where two overlap": (
        [rectangle(*LEFT), rectangle(*RIGHT), rectangle(5, 3, 6, 4)],
        pixels(LEFT, RIGHT) & ~pixels((5, 3, 6, 4)),
        0,
        True,
    ),
    "keyhole": ([KEYHOLE], RING, 0, False),
    "keyhole twice": ([KEYHOLE, KEYHOLE], RING, 1, False),
    "island in a keyhole": ([KEYHOLE, rectangle(5, 5, 6, 6)], RING | pixels((5, 5, 6, 6)), 0, False),
    "keyhole and its rim": ([KEYHOLE, rectangle(1, 1, 10, 10)], pixels((1, 1, 10, 10)), 0, True),
    "in the mouth of another": (
        [np.array([[1, 1], [10, 1], [10, 3], [3, 3], [3, 8], [10, 8], [10, 10], [1, 10]]) - 0.5, rectangle(5, 4, 8, 7)],
        pixels((1, 1, 10, 3), (1, 1, 3, 10), (1, 8, 10, 10), (5, 4, 8, 7)),
        0,
        False,
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_contours_of_a_slice(row):
    contours, mask, repeated, overlapping = ROWS[row]
    drawn = draw(contours, SHAPE)
    np.testing.assert_array_equal(drawn.mask, mask)
    assert (drawn.repeated, drawn.overlapping) == (repeated, overlapping)


def test_exclusive_contours_cut_each_other_out_but_count_once():
    drawn = draw([rectangle(*LEFT), rectangle(*RIGHT), rectangle(*RIGHT)], SHAPE, exclusive=True)
    np.testing.assert_array_equal(drawn.mask, pixels(LEFT) ^ pixels(RIGHT))
    assert (drawn.repeated, drawn.overlapping) == (1, False)


def test_a_hole_drawn_through_centres_keeps_its_rim():
    drawn = draw([rectangle(*OUTER), rectangle(*HOLE) + 0.5], SHAPE)
    np.testing.assert_array_equal(drawn.mask, pixels(OUTER) & ~pixels((4, 4, 9, 9)))


def test_long_contours_are_compared_in_parts(monkeypatch):
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    whole = draw([5 * circle + 6, 3 * circle + 6], SHAPE).mask
    monkeypatch.setattr("tfpartial.data.formats.contours.PAIRS", 1000)
    np.testing.assert_array_equal(draw([5 * circle + 6, 3 * circle + 6], SHAPE).mask, whole)
    assert not whole[6, 6]
    assert whole[6, 2]
