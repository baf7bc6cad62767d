"""Signed distances of the phantom's shapes."""

import numpy as np
import pytest

from tfpartial.data.phantom.shapes import FAR_MM, Bumps, Ellipsoid, smooth_cut, smooth_union, tube


def at(shape, *places_xyz):
    """Distances at single places."""
    axes = [tuple(np.array([c], dtype=np.float32) for c in place[::-1]) for place in places_xyz]
    return [float(shape.distance(a)[0, 0, 0]) for a in axes]


def test_a_ball_gives_the_distance_to_its_surface():
    ball = Ellipsoid((10, 20, 30), (5, 5, 5))
    assert at(ball, (10, 20, 40), (15, 20, 30), (12, 20, 30)) == pytest.approx([5, 0, -3], abs=1e-5)


def test_an_ellipsoid_turned_by_90_degrees_about_z_exchanges_its_axes():
    lying = Ellipsoid((0, 0, 0), (30, 10, 10), (0, 0, 90))
    assert at(lying, (0, 30, 0), (10, 0, 0)) == pytest.approx([0, 0], abs=1e-4)


def test_a_larger_exponent_fills_the_corner():
    corner = (8, 8, 0)
    assert at(Ellipsoid((0, 0, 0), (10, 10, 10)), corner)[0] > 0 > at(Ellipsoid((0, 0, 0), (10, 10, 10), exponent=4), corner)[0]


def test_a_tube_has_its_radius_along_the_curve_and_ends_round():
    straight = tube([(0, 0, 0), (20, 0, 0)], [4, 4])
    assert at(straight, (10, 7, 0), (27, 0, 0), (10, 0, 4)) == pytest.approx([3, 3, 0], abs=0.1)
    assert at(straight, (100, 0, 0)) == [FAR_MM]


def test_the_radius_of_a_tube_runs_between_its_points():
    assert at(tube([(0, 0, 0), (20, 0, 0)], [2, 6]), (10, 4, 0)) == pytest.approx([0], abs=0.25)


def test_shapes_lie_within_their_bounds():
    for shape in (Ellipsoid((1, 2, 3), (9, 4, 6), (20, 30, 40), exponent=3), tube([(0, 0, 0), (5, 9, 2), (9, 0, 8)], [3, 2, 4])):
        low, high = shape.bounds()
        z, y, x = (np.linspace(low[i] - 4, high[i] + 4, 41, dtype=np.float32) for i in (2, 1, 0))
        inside = np.argwhere(shape.distance((z, y, x)) < 0)
        for axis, nodes, i in ((z, inside[:, 0], 2), (y, inside[:, 1], 1), (x, inside[:, 2], 0)):
            assert low[i] <= axis[nodes].min() and axis[nodes].max() <= high[i]


def test_bumps_have_their_height_and_a_mirror_image():
    axis = np.arange(-60, 61, 3, dtype=np.float32)
    bumps = Bumps.draw(np.random.default_rng(0), (0, 0, 0), height_mm=2.0, length_mm=20)
    values = bumps.values((axis, axis, axis))
    assert values.std() == pytest.approx(2.0, rel=0.15)
    assert np.abs(values).max() <= bumps.highest_mm
    np.testing.assert_allclose(bumps.moved((0, 0, 0), True).values((axis, axis, axis)), values[:, :, ::-1], atol=1e-3)


def test_a_smooth_union_fills_only_the_crease():
    a, b = np.array([3.0, 1.0, -2.0]), np.array([3.0, 9.0, 5.0])
    assert smooth_union(a, b, 4.0) == pytest.approx([2.0, 1.0, -2.0])  # equal distances: 3 - 4²/16
    assert smooth_union(a, b, 0.0) == pytest.approx([3.0, 1.0, -2.0])


def test_a_cut_takes_the_other_shape_away():
    assert smooth_cut(np.array([-5.0, -5.0]), np.array([-2.0, 20.0]), 1.0) == pytest.approx([2.0, -5.0])
