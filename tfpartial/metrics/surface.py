"""Hausdorff distance, average surface distance and normalised surface Dice of two masks, in mm.

The surface of a mask is, by default, its border voxels (thesis, eq. 2.9): those with a face towards a voxel outside. With
`surface="elements"` it is the pieces of a marching-cubes surface, weighted by their areas (Nikolov et al. 2021): where slices are
thick, border voxels crowd where the surface lies within a slice, and that part counts for more; elements do not.
Beyond the volume is outside of the mask, so a mask may be cropped as one likes. A volume of one slice is a picture: its surface
is the contour in the slice. For several metrics of one pair, call `surface_distances` once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfpartial.metrics.box import mask_box, union
from tfpartial.metrics.masks import long_axes, require_volumes
from tfpartial.metrics.surface_distances import SurfaceDistances, surface_distances
from tfpartial.metrics.surfaces import SurfaceKind, require_surface


def hausdorff(
    reference: np.ndarray,
    prediction: np.ndarray,
    spacing_mm: Sequence[float],
    percentile: float = 100,
    surface: SurfaceKind = "voxels",
) -> float:
    """Hausdorff distance in mm (thesis, eq. 2.9): the larger of the two directed ones.

    Args:
        reference: bool `[Z, Y, X]`.
        prediction: bool of the same shape.
        spacing_mm: z, y, x.
        percentile: 100 takes the farthest point of each surface, 95 the 95th percentile (HD95): interpolated between border
            voxels, weighted by area among elements.
        surface: see the module.

    Returns:
        mm; NaN when a mask is empty, since there is nothing to measure to.

    Raises:
        TfpartialError: the shapes differ, an array is not a bool volume, or a number is out of its range.
    """
    return _distances("hausdorff", reference, prediction, spacing_mm, surface).hausdorff(percentile)


def average_surface_distance(
    reference: np.ndarray, prediction: np.ndarray, spacing_mm: Sequence[float], surface: SurfaceKind = "voxels"
) -> float:
    """Average surface distance in mm (thesis, eq. 2.10): the mean over the points of both surfaces together.

    Args:
        reference, prediction, spacing_mm, surface: as `hausdorff` takes them.

    Returns:
        mm; NaN when a mask is empty, since there is nothing to measure to.

    Raises:
        TfpartialError: as `hausdorff`.
    """
    return _distances("average surface distance", reference, prediction, spacing_mm, surface).average()


def normalized_surface_dice(
    reference: np.ndarray,
    prediction: np.ndarray,
    spacing_mm: Sequence[float],
    tolerance_mm: float,
    surface: SurfaceKind = "voxels",
) -> float:
    """Normalised surface Dice: the share of both surfaces that lies within a tolerance of the other (Nikolov et al. 2021).

    Args:
        reference, prediction, spacing_mm, surface: as `hausdorff` takes them.
        tolerance_mm: a distance that is still within; 0 or more.

    Returns:
        In [0, 1]. 0 when one mask is empty: all of the other's surface is out of reach. NaN when both are.

    Raises:
        TfpartialError: as `hausdorff`.
    """
    name = "normalized surface Dice"
    return _distances(name, reference, prediction, spacing_mm, surface).share_within(tolerance_mm)


def _distances(
    metric: str, reference: np.ndarray, prediction: np.ndarray, spacing_mm: Sequence[float], surface: SurfaceKind
) -> SurfaceDistances:
    require_volumes(metric, reference, prediction, spacing_mm)
    require_surface(metric, surface)
    axes = long_axes(reference.shape)
    box = union(mask_box(reference), mask_box(prediction))
    if box is None:
        return SurfaceDistances(np.empty(0), np.empty(0))
    shape = [box[axis].stop - box[axis].start for axis in axes]
    spacing = [spacing_mm[axis] for axis in axes]
    return surface_distances(reference[box].reshape(shape), prediction[box].reshape(shape), spacing, surface)
