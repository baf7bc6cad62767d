"""Weights from samples on one axis to places between them."""

import numpy as np
import pytest

from tfpartial.priors.resample import centred_places, sampling_matrix


def test_places_of_the_same_density_take_linear_values():
    matrix = sampling_matrix(4, 2.0, np.array([0.0, 1.0, 3.0, 6.0]), 2.0)
    np.testing.assert_allclose(matrix @ np.array([10, 20, 30, 40]), [10, 15, 25, 40])


def test_a_place_half_a_voxel_outside_takes_half_of_the_last_value():
    np.testing.assert_allclose(sampling_matrix(3, 1.0, np.array([-0.5, 2.5, 3.5]), 1.0).sum(axis=1), [0.5, 0.5, 0])


def test_wider_steps_average_and_keep_what_is_constant():
    places = centred_places(3, 4.0, 9.5)
    matrix = sampling_matrix(20, 1.0, places, 4.0)
    np.testing.assert_allclose(matrix.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(matrix @ np.arange(20), places, rtol=1e-5)


def test_nearest_copies_voxels():
    matrix = sampling_matrix(4, 1.0, np.array([-1.0, 0.4, 0.5, 3.0]), 1.0, nearest=True)
    np.testing.assert_array_equal(matrix, [[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]])


@pytest.mark.parametrize(("count", "expected"), [(1, [5]), (2, [4, 6]), (3, [3, 5, 7])])
def test_places_are_centred(count, expected):
    np.testing.assert_allclose(centred_places(count, 2.0, 5.0), expected)
