import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from skimage.draw import polygon

from tfpartial.data.formats.even_odd import fill

SHAPE = (12, 14)


def rectangle(left, top, right, bottom):
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float)


def drawn(*contours, shape=(7, 7)):
    return ["".join(".#"[int(pixel)] for pixel in row) for row in fill(contours, shape)]


def test_centres_inside_and_on_the_contour_belong():
    assert drawn(rectangle(1, 2, 4, 3)) == [".......", ".......", ".####..", ".####..", ".......", ".......", "......."]
    assert drawn(rectangle(0.5, 1.5, 3.9, 2.9)) == [".......", ".......", ".###...", ".......", ".......", ".......", "......."]


def test_a_contour_within_another_is_a_hole_and_one_in_the_hole_an_island():
    nested = [rectangle(-0.5, -0.5, 6.5, 6.5), rectangle(0.5, 0.5, 5.5, 5.5), rectangle(1.5, 1.5, 4.5, 4.5)]
    assert drawn(*nested) == ["#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"]


def test_a_hole_drawn_through_centres_keeps_its_rim():
    assert drawn(rectangle(0, 0, 6, 6), rectangle(2, 2, 4, 4))[2:5] == ["#######", "###.###", "#######"]


def test_slanted_edges_through_centres_belong():
    assert drawn(np.array([[0, 0], [4, 0], [0, 4]], float))[:5] == ["#####..", "####...", "###....", "##.....", "#......"]


def test_points_and_lines_enclose_only_their_own_centres():
    assert drawn(np.array([[3, 1]], float)) == [".......", "...#...", *["......."] * 5]
    assert drawn(np.array([[1.5, 1.5], [4.5, 2.2]])) == ["......."] * 7


def test_what_lies_outside_is_cut_off():
    assert fill([rectangle(-50, -50, 50, 50)], SHAPE).all()
    assert not fill([rectangle(-50, -50, -1, 50)], SHAPE).any()
    assert not fill([rectangle(20, 3, 50, 5)], SHAPE).any()


@given(arrays.arrays(float, st.tuples(st.integers(3, 9), st.just(2)), elements=st.floats(-3, 15)))
def test_equals_scikit_image_away_from_the_contour(contour):
    contour = contour + np.array([0.0371, 0.0537])
    expected = np.zeros(SHAPE, bool)
    expected[polygon(contour[:, 1], contour[:, 0], SHAPE)] = True
    differs = np.argwhere(fill([contour], SHAPE) != expected)
    assert all(distance_to(contour, np.array([column, row])) < 0.02 for row, column in differs)


def distance_to(contour, point):
    starts, ends = contour, np.roll(contour, -1, axis=0)
    along = ends - starts
    share = np.clip(((point - starts) * along).sum(1) / np.maximum((along**2).sum(1), 1e-30), 0, 1)
    return np.linalg.norm(starts + share[:, np.newaxis] * along - point, axis=1).min()


@pytest.mark.parametrize("reverse", [False, True])
@given(st.integers(0, 13), st.integers(0, 11), st.integers(0, 13), st.integers(0, 11))
def test_the_direction_of_drawing_does_not_matter(reverse, left, top, right, bottom):
    contour = rectangle(left, top, right, bottom)[:: -1 if reverse else 1]
    left, right, top, bottom = *sorted((left, right)), *sorted((top, bottom))
    expected = np.zeros(SHAPE, bool)
    expected[top : bottom + 1, left : right + 1] = True
    assert np.array_equal(fill([contour], SHAPE), expected)
