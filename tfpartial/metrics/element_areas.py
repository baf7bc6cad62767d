"""The surface that passes between eight neighbouring voxels."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np

CORNERS = tuple(product((0, 1), repeat=3))
"""Offsets (z, y, x) of the eight voxels; the n-th one has bit n of the code."""
CODES = 1 << len(CORNERS)


@lru_cache(maxsize=64)
def element_areas(spacing_mm: tuple[float, float, float]) -> np.ndarray:
    """Area of the surface in each way in which a mask can pass through a cube of 2 × 2 × 2 voxels.

    Marching cubes (Lorensen and Cline 1987), vertices half-way between voxels. A cube with more than four voxels of the mask has
    the surface of the opposite one, so that a mask and its complement have one surface; those are the areas of DeepMind's
    surface-distance.

    Args:
        spacing_mm: z, y, x.

    Returns:
        float64 `[256]` in mm²: per code, whose bit n says whether the voxel at `CORNERS[n]` is in the mask.
    """
    areas = np.zeros(CODES)
    for code in range(1, CODES - 1):
        inside = min(code, CODES - 1 - code, key=int.bit_count)
        areas[code] = _area(inside, spacing_mm)
    areas.setflags(write=False)  # the cache hands out the same array
    return areas


def _area(code: int, spacing_mm: tuple[float, float, float]) -> float:
    # Only here: most scores need no surface elements, and scikit-image takes a while to import.
    from skimage.measure import marching_cubes, mesh_surface_area

    cube = np.array([code >> bit & 1 for bit in range(len(CORNERS))], float).reshape(2, 2, 2)
    vertices, faces, _, _ = marching_cubes(cube, 0.5, method="lorensen")
    return float(mesh_surface_area(vertices.astype(np.float64) * spacing_mm, faces))
