"""The coarse grid on which organs are looked for."""

import numpy as np
import pytest

from tfpartial.priors.grid import CoarseGrid


def test_slabs_of_any_size_give_the_same_volume_and_keep_what_is_constant():
    grid = CoarseGrid((13, 8, 10), (2.5, 1.5, 1.5), 4.0)
    rng = np.random.default_rng(0)
    slices = rng.random((13, *grid.cells_zyx[1:], 2)).astype(np.float32)
    whole = np.zeros((2, *grid.cells_zyx), np.float32)
    grid.collect(whole, 0, slices)
    parts = np.zeros_like(whole)
    for start in range(0, 13, 5):
        grid.collect(parts, start, slices[start : start + 5])
    np.testing.assert_allclose(parts, whole, rtol=1e-5)
    ones = np.zeros_like(whole)
    grid.collect(ones, 0, np.ones_like(slices))
    np.testing.assert_allclose(ones[:, 1:-1], 1, rtol=1e-5)


@pytest.mark.parametrize("shape", [(12, 8, 8), (13, 9, 8)])
def test_positions_are_from_the_first_slice_and_from_the_middle_of_the_slice(shape):
    grid = CoarseGrid(shape, (3.0, 2.0, 2.0), 4.0)
    middle = (np.array(grid.cells_zyx) - 1) / 2
    np.testing.assert_allclose(grid.position_mm(middle), [(shape[0] - 1) / 2 * 3.0, 0, 0])
    np.testing.assert_allclose(grid.position_mm(middle + np.array([1, -1, 2])), [(shape[0] - 1) / 2 * 3.0 + 4, -4, 8])


def test_the_centre_of_mass_of_a_ball_is_where_it_was():
    shape, spacing = (20, 24, 30), (5.0, 3.0, 3.0)
    centre_mm = np.array([48.0, 10.0, -12.0])
    axes = [np.arange(20) * 5.0, (np.arange(24) - 11.5) * 3.0, (np.arange(30) - 14.5) * 3.0]
    distance = np.sqrt(sum((axis - at) ** 2 for axis, at in zip(np.meshgrid(*axes, indexing="ij"), centre_mm, strict=True)))
    ball = np.clip((20 - distance) / 4, 0, 1).astype(np.float32)
    grid = CoarseGrid(shape, spacing, 4.0)
    _, rows, columns = grid.matrices
    coarse = np.zeros((1, *grid.cells_zyx), np.float32)
    grid.collect(coarse, 0, np.einsum("yh,zhw,xw->zyx", rows, ball, columns)[..., None])
    cells = np.stack(np.indices(coarse[0].shape), axis=-1)
    mean = (coarse[0][..., None] * cells).sum(axis=(0, 1, 2)) / coarse.sum()
    np.testing.assert_allclose(grid.position_mm(mean), centre_mm, atol=0.2)
