"""Areas of the pieces of a marching-cubes surface, by hand."""

import math

import numpy as np
import pytest

from tfpartial.metrics.element_areas import CORNERS, element_areas

Z, Y, X = 5.0, 2.0, 1.0
AREAS = element_areas((Z, Y, X))


def code_of(*corners):
    return sum(1 << CORNERS.index(corner) for corner in corners)


def test_a_face_has_the_area_of_a_voxels_side():
    assert AREAS[code_of(*[corner for corner in CORNERS if corner[0] == 0])] == pytest.approx(Y * X)
    assert AREAS[code_of(*[corner for corner in CORNERS if corner[1] == 1])] == pytest.approx(Z * X)
    assert AREAS[code_of(*[corner for corner in CORNERS if corner[2] == 0])] == pytest.approx(Z * Y)


def test_an_edge_is_cut_between_half_way_points():
    assert AREAS[code_of((0, 0, 0), (0, 0, 1))] == pytest.approx(X * math.hypot(Z / 2, Y / 2))


def test_a_corner_is_a_triangle():
    sides = np.diff([[Z / 2, 0, 0], [0, Y / 2, 0], [0, 0, X / 2]], axis=0)
    triangle = np.linalg.norm(np.cross(*sides)) / 2
    for corner in CORNERS:
        assert AREAS[code_of(corner)] == pytest.approx(triangle)


def test_opposite_corners_have_two_triangles():
    assert AREAS[code_of((0, 0, 0), (1, 1, 1))] == pytest.approx(2 * AREAS[1])
    assert AREAS[code_of((0, 0, 0), (0, 1, 1))] == pytest.approx(2 * AREAS[1])


def test_a_mask_and_its_complement_have_one_surface():
    np.testing.assert_array_equal(AREAS, AREAS[::-1])


def test_nothing_passes_where_all_or_no_voxels_are_in_the_mask():
    assert AREAS[0] == AREAS[-1] == 0
    assert (AREAS[1:-1] > 0).all()
