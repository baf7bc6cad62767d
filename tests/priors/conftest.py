"""Organs as blocks in small volumes."""

import numpy as np
import pytest

from tfpartial.priors import OrganMask


def block(shape, first, size):
    """bool volume with one block."""
    mask = np.zeros(shape, bool)
    mask[tuple(slice(start, start + length) for start, length in zip(first, size, strict=True))] = True
    return mask


@pytest.fixture
def wedges():
    """Four cases of an organ of varying size and place that is wider at its upper end; spacing 3 x 2 x 2 mm."""
    masks = []
    for number, (z, y, x, depth, side) in enumerate([(2, 4, 5, 8, 9), (3, 6, 9, 10, 7), (0, 2, 3, 7, 11), (5, 10, 6, 9, 8)]):
        mask = block((20, 32, 40), (z, y, x), (depth, side, side + 3))
        mask[z : z + depth // 2, y : y + side // 2] = False
        masks.append(OrganMask.of_array(f"case_{number}", mask, (3.0, 2.0, 2.0)))
    return masks
