"""The surface of a mask as points: border voxels, or surface elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from scipy.ndimage import binary_erosion

from tfpartial.errors import TfpartialError
from tfpartial.metrics.element_areas import CODES, CORNERS, element_areas

SurfaceKind = Literal["voxels", "elements"]


class Surface(NamedTuple):
    """Points of a surface.

    Args:
        points_mm: float64 `[N, D]`, along the axes of the mask.
        areas_mm2: float64 `[N]`, what each point stands for; None when all count the same.
    """

    points_mm: np.ndarray
    areas_mm2: np.ndarray | None


def border_voxels(mask: np.ndarray, spacing_mm: Sequence[float]) -> Surface:
    """The voxels of the mask with at least one neighbour outside of it (thesis, eq. 2.9), face to face; the same in MONAI, medpy.

    Args:
        mask: bool, any number of axes; beyond its edges is outside.
        spacing_mm: one per axis.
    """
    border = mask & ~binary_erosion(mask)
    return Surface(np.argwhere(border) * np.asarray(spacing_mm, dtype=float), None)


def surface_elements(mask: np.ndarray, spacing_mm: Sequence[float]) -> Surface:
    """The pieces of a marching-cubes surface, each at the point between eight voxels where it lies, with its area.

    Nikolov et al., J Med Internet Res 2021;23(7):e26151; the same in DeepMind's surface-distance.

    Args:
        mask: bool `[Z, Y, X]`; beyond its edges is outside.
        spacing_mm: z, y, x.

    Raises:
        TfpartialError: a mask with other axes.
    """
    if mask.ndim != len(CORNERS[0]):
        raise TfpartialError("surface elements: expected a volume of several slices, rows and columns; take the surface 'voxels'")
    padded = np.pad(mask, 1).view(np.uint8)
    codes = np.zeros([size - 1 for size in padded.shape], np.uint8)
    for bit, corner in enumerate(CORNERS):
        shifted = tuple(slice(start, start + size) for start, size in zip(corner, codes.shape, strict=True))
        codes |= padded[shifted] << np.uint8(bit)
    passed = (codes != 0) & (codes != CODES - 1)
    z, y, x = (float(spacing) for spacing in spacing_mm)
    return Surface(np.argwhere(passed) * np.array([z, y, x]), element_areas((z, y, x))[codes[passed]])


SURFACES: Mapping[SurfaceKind, Callable[[np.ndarray, Sequence[float]], Surface]] = {
    "voxels": border_voxels,
    "elements": surface_elements,
}


def require_surface(metric: str, surface: str) -> None:
    """Raises `TfpartialError`, which names the metric, for a surface of no known kind."""
    if surface not in SURFACES:
        raise TfpartialError(f"{metric}: expected surface as one of {', '.join(SURFACES)}, got '{surface}'")
