"""How much too large or too small a segmentation is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tfpartial.metrics.masks import require_volumes

MM3_PER_ML = 1000


class VolumeError(NamedTuple):
    """Volume of the prediction minus that of the reference: in ml, and as a share of the reference's (NaN when that is 0)."""

    ml: float
    relative: float


def volume_error(reference: np.ndarray, prediction: np.ndarray, spacing_mm: Sequence[float]) -> VolumeError:
    """The signed volume error.

    Args:
        reference: bool `[Z, Y, X]`.
        prediction: bool of the same shape.
        spacing_mm: z, y, x.

    Raises:
        TfpartialError: the shapes differ, an array is not a bool volume, or the spacing is not three positive numbers.
    """
    require_volumes("volume error", reference, prediction, spacing_mm)
    expected, found = (int(np.count_nonzero(mask)) for mask in (reference, prediction))
    return volume_error_of_counts(expected, found, voxel_ml(spacing_mm))


def volume_error_of_counts(reference: int, prediction: int, one_ml: float) -> VolumeError:
    """The signed volume error from voxel counts and the volume of one voxel in ml."""
    more = prediction - reference
    return VolumeError(more * one_ml, more / reference if reference else math.nan)


def voxel_ml(spacing_mm: Sequence[float]) -> float:
    """Volume of one voxel in ml."""
    return math.prod(spacing_mm) / MM3_PER_ML
