"""Distances between two surfaces, computed once for all metrics that are made of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from tfpartial.errors import TfpartialError
from tfpartial.metrics.surfaces import SURFACES, Surface, SurfaceKind

ROUNDING_MM = 1e-5
"""A distance that exceeds the tolerance by less does so by rounding only: headers hold spacings as float32."""


@dataclass(frozen=True)
class SurfaceDistances:
    """From each point of one surface to the nearest point of the other, both ways.

    Args:
        reference_mm: float64 `[R]`, from the reference; infinite when the prediction is empty.
        prediction_mm: float64 `[P]`, from the prediction; infinite when the reference is empty.
        reference_areas_mm2: float64 `[R]`, or None when all points count the same.
        prediction_areas_mm2: float64 `[P]`, or None.
    """

    reference_mm: np.ndarray
    prediction_mm: np.ndarray
    reference_areas_mm2: np.ndarray | None = None
    prediction_areas_mm2: np.ndarray | None = None

    @property
    def defined(self) -> bool:
        """Whether there are two surfaces: with one or none, there is no distance."""
        return bool(self.reference_mm.size and self.prediction_mm.size)

    def hausdorff(self, percentile: float = 100) -> float:
        """See `tfpartial.metrics.hausdorff`.

        Raises:
            TfpartialError: a percentile that is not in 0..100.
        """
        if not 0 <= percentile <= 100:
            raise TfpartialError(f"hausdorff: expected a percentile of 0 to 100, got {percentile:g}")
        if not self.defined:
            return math.nan
        from_reference = _percentile(self.reference_mm, self.reference_areas_mm2, percentile)
        from_prediction = _percentile(self.prediction_mm, self.prediction_areas_mm2, percentile)
        return max(from_reference, from_prediction)

    def average(self) -> float:
        """See `tfpartial.metrics.average_surface_distance`."""
        return float(np.average(self._all_mm, weights=self._all_areas_mm2)) if self.defined else math.nan

    def share_within(self, tolerance_mm: float) -> float:
        """See `tfpartial.metrics.normalized_surface_dice`.

        Raises:
            TfpartialError: a tolerance that is negative or no number.
        """
        if not 0 <= tolerance_mm < math.inf:
            raise TfpartialError(f"normalized surface Dice: expected tolerance_mm as 0 or more, got {tolerance_mm:g}")
        if not self._all_mm.size:
            return math.nan
        return float(np.average(self._all_mm <= tolerance_mm + ROUNDING_MM, weights=self._all_areas_mm2))

    @property
    def _all_mm(self) -> np.ndarray:
        return np.concatenate([self.reference_mm, self.prediction_mm])

    @property
    def _all_areas_mm2(self) -> np.ndarray | None:
        if self.reference_areas_mm2 is None or self.prediction_areas_mm2 is None:
            return None
        return np.concatenate([self.reference_areas_mm2, self.prediction_areas_mm2])


def surface_distances(
    reference: np.ndarray, prediction: np.ndarray, spacing_mm: Sequence[float], surface: SurfaceKind = "voxels"
) -> SurfaceDistances:
    """Measures the distances between the surfaces of two masks.

    A k-d tree of one surface answers for the points of the other. Surfaces are thin: this is about ten times as fast as a
    distance transform of the same box, which works for every voxel.

    Args:
        reference: bool, D axes, cropped to where the masks are: time and memory grow with the array.
        prediction: bool of the same shape.
        spacing_mm: one per axis.
        surface: border voxels, or surface elements (three axes).
    """
    first, second = (SURFACES[surface](mask, spacing_mm) for mask in (reference, prediction))
    return SurfaceDistances(_nearest_mm(first, second), _nearest_mm(second, first), first.areas_mm2, second.areas_mm2)


def _nearest_mm(points: Surface, others: Surface) -> np.ndarray:
    if not len(others.points_mm):
        return np.full(len(points.points_mm), math.inf)
    # Voxels fill space evenly, so that halving boxes is as good as splitting at medians, which takes longer.
    tree = cKDTree(others.points_mm, balanced_tree=False, compact_nodes=False)
    return np.asarray(tree.query(points.points_mm)[0])


def _percentile(distances_mm: np.ndarray, areas_mm2: np.ndarray | None, percentile: float) -> float:
    """Interpolated between the points; with areas, the distance within which that share of the area lies."""
    if areas_mm2 is None:
        return float(np.percentile(distances_mm, percentile))
    return float(np.percentile(distances_mm, percentile, weights=areas_mm2, method="inverted_cdf"))
