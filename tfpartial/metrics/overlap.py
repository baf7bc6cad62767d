"""Overlap of a segmentation with its reference."""

from __future__ import annotations

import math

import numpy as np

from tfpartial.metrics.masks import require_masks


def dice(reference: np.ndarray, prediction: np.ndarray) -> float:
    """Dice similarity coefficient, 2 |R ∩ P| / (|R| + |P|) (thesis, eq. 2.8, whose print has ∪ for ∩).

    Args:
        reference: bool, any shape.
        prediction: bool of the same shape.

    Returns:
        DSC in [0, 1]; NaN when both are empty, where it is undefined.

    Raises:
        TfpartialError: the shapes differ, or an array is not bool.
    """
    require_masks("dice", reference, prediction)
    common, *both = (int(np.count_nonzero(mask)) for mask in (reference & prediction, reference, prediction))
    return dice_of_counts(common, *both)


def dice_of_counts(common: int, reference: int, prediction: int) -> float:
    """DSC from voxel counts: those in both, in the reference, in the prediction. NaN when both are empty."""
    total = reference + prediction
    return 2 * common / total if total else math.nan
