"""Overlap of a segmentation with its reference."""

from __future__ import annotations

import math

import numpy as np

from tfpartial.errors import TfpartialError


def dice(reference: np.ndarray, prediction: np.ndarray) -> float:
    """Dice similarity coefficient, 2 |R ∩ P| / (|R| + |P|) (thesis, eq. 2.8).

    Args:
        reference: bool, any shape.
        prediction: bool of the same shape.

    Returns:
        DSC in [0, 1]; NaN when both are empty, where it is undefined.

    Raises:
        TfpartialError: the shapes differ, or an array is not bool.
    """
    if reference.shape != prediction.shape:
        raise TfpartialError(f"dice: expected equal shapes, got reference {reference.shape} and prediction {prediction.shape}")
    if reference.dtype != bool or prediction.dtype != bool:
        raise TfpartialError(f"dice: expected bool arrays, got reference {reference.dtype} and prediction {prediction.dtype}")
    return dice_of_counts(int((reference & prediction).sum()), int(reference.sum()), int(prediction.sum()))


def dice_of_counts(common: int, reference: int, prediction: int) -> float:
    """DSC from voxel counts: those in both, in the reference, in the prediction. NaN when both are empty."""
    total = reference + prediction
    return 2 * common / total if total else math.nan
