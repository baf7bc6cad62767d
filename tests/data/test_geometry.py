from itertools import permutations, product

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from tfpartial.data.geometry import Geometry, difference

ORIENTATIONS = list(product(permutations(range(3)), product((1, -1), repeat=3)))


def direction_of(orientation, degrees=(0.0, 0.0, 0.0)) -> tuple[float, ...]:
    """Direction cosines of one of the 48 orientations, turned by the angles."""
    axes, signs = orientation
    matrix = np.eye(3)[:, axes] * signs
    return tuple((Rotation.from_euler("xyz", degrees, degrees=True).as_matrix() @ matrix).ravel())


def geometries(angles=(0.0, 7.0, -30.0, 45.0)):
    """Any orientation, oblique by any of the angles (at 45 degrees axes are ambiguous); odd and even sizes."""
    return st.builds(
        lambda size, spacing, origin, orientation, degrees: Geometry(size, spacing, origin, direction_of(orientation, degrees)),
        st.tuples(*[st.integers(1, 5)] * 3),
        st.tuples(*[st.floats(0.3, 7.0)] * 3),
        st.tuples(*[st.floats(-500, 500)] * 3),
        st.sampled_from(ORIENTATIONS),
        st.tuples(*[st.sampled_from(angles)] * 3),
    )


def numbered(geometry: Geometry) -> np.ndarray:
    """A stored array in which every voxel has another value."""
    return np.arange(np.prod(geometry.size_xyz)).reshape(geometry.size_xyz[::-1])


@given(geometries())
def test_to_lps_and_back_is_exact(geometry):
    stored = numbered(geometry)
    array = geometry.to_lps(stored)
    assert array.shape == geometry.shape_zyx
    np.testing.assert_array_equal(geometry.from_lps(array), stored)


@given(geometries())
def test_no_voxel_moves_in_space(geometry):
    array = geometry.to_lps(numbered(geometry))
    z, y, x = np.indices(array.shape).reshape(3, -1)
    in_lps = geometry.lps.positions_mm(np.stack([x, y, z], axis=-1))
    k, j, i = np.unravel_index(array.ravel(), geometry.size_xyz[::-1])
    np.testing.assert_allclose(in_lps, geometry.positions_mm(np.stack([i, j, k], axis=-1)), atol=1e-9)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_agrees_with_simpleitk_for_all_48_orientations(orientation):
    geometry = Geometry((3, 4, 5), (1.0, 2.0, 3.0), (10.0, 20.0, 30.0), direction_of(orientation, (5.0, -8.0, 3.0)))
    image = geometry.stamp(sitk.GetImageFromArray(numbered(geometry)))
    expected = sitk.DICOMOrient(image, "LPS")
    np.testing.assert_array_equal(geometry.to_lps(numbered(geometry)), sitk.GetArrayFromImage(expected))
    assert difference(geometry.lps, Geometry.of(expected), 1e-9) is None
    code = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(geometry.direction)
    assert geometry.orientation == code
    assert geometry.lps.orientation == "LPS"


def test_further_axes_stay_last():
    geometry = Geometry((2, 3, 4), (1.0, 1.0, 1.0), direction=direction_of(ORIENTATIONS[-1]))
    stored = np.arange(2 * 3 * 4 * 5).reshape(4, 3, 2, 5)
    assert geometry.to_lps(stored).shape[-1] == 5
    np.testing.assert_array_equal(geometry.from_lps(geometry.to_lps(stored)), stored)


GRID = Geometry((5, 5, 11), (1.0, 1.0, 2.0))


@pytest.mark.parametrize(
    ("other", "apart_mm"),
    [
        (Geometry((5, 5, 11), (1.0, 1.0, 2.0), (0.0, 0.3, 0.4)), 0.5),
        (Geometry((5, 5, 11), (1.0, 1.0, 2.03)), 0.3),  # 10 steps of 0.03 mm at the far end
    ],
)
def test_the_distance_is_the_largest_displacement_of_a_corner(other, apart_mm):
    assert difference(GRID, other, apart_mm + 1e-6) is None
    assert f"up to {apart_mm:g} mm apart (tolerance 0.1 mm)" in difference(GRID, other, 0.1)


def test_a_difference_names_only_what_differs_with_both_values():
    text = difference(GRID, Geometry((5, 5, 11), (1.0, 1.0, 2.5)), 0.1)
    assert text.endswith("spacing (1, 1, 2) and (1, 1, 2.5) (x, y, z in LPS)")
    assert "origin" not in text


def test_sizes_must_be_equal_whatever_the_tolerance():
    assert difference(GRID, Geometry((5, 5, 12), (1.0, 1.0, 2.0)), 1e9).startswith("sizes differ: (5, 5, 11) and (5, 5, 12)")


def test_a_grid_with_nan_never_fits():
    assert difference(GRID, Geometry((5, 5, 11), (1.0, 1.0, 2.0), (np.nan, 0.0, 0.0)), 1e9) is not None


@given(geometries(angles=(0.0, 5.0, -10.0)), st.sampled_from(ORIENTATIONS))
def test_the_same_grid_in_another_orientation_is_the_same_grid(geometry, orientation):
    code = Geometry((1, 1, 1), (1.0, 1.0, 1.0), direction=direction_of(orientation)).orientation
    image = geometry.lps.stamp(sitk.Image(geometry.lps.size_xyz, sitk.sitkUInt8))
    assert difference(geometry.lps, Geometry.of(sitk.DICOMOrient(image, code)), 1e-6) is None


@pytest.mark.parametrize("noise", [1e-9, -1e-9])
def test_header_noise_does_not_decide_between_axes_at_45_degrees(noise):
    exact = Geometry((3, 4, 5), (1.0, 1.0, 1.0), direction=direction_of(ORIENTATIONS[0], (0.0, 45.0, 0.0)))
    noisy = Geometry((3, 4, 5), (1.0, 1.0, 1.0), direction=direction_of(ORIENTATIONS[0], (0.0, 45.0 + np.degrees(noise), 0.0)))
    assert exact.orientation == noisy.orientation
    assert difference(exact, noisy, 1e-6) is None
