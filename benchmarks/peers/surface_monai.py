"""MONAI in `benchmarks.surface`."""

from __future__ import annotations

import numpy as np
import torch
from monai.metrics import (
    compute_average_surface_distance,
    compute_dice,
    compute_hausdorff_distance,
    compute_surface_dice,
)

from benchmarks.surface_case import Case, Metrics, by_organ, measure


def score(reference: np.ndarray, prediction: np.ndarray, case: Case) -> Metrics:
    """Its functions, as one calls them, on one organ at a time: all at once they take gigabytes of one-hot floats."""
    pair = [torch.from_numpy(mask)[None, None] for mask in (prediction, reference)]
    options = {"include_background": True, "spacing": list(case.spacing_mm)}
    metrics = {
        "dsc": compute_dice(*pair, include_background=True),
        "hd": compute_hausdorff_distance(*pair, **options),
        "hd95": compute_hausdorff_distance(*pair, percentile=95, **options),
        "asd": compute_average_surface_distance(*pair, symmetric=True, **options),
        "nsd": compute_surface_dice(*pair, class_thresholds=[case.tolerance_mm], **options),
    }
    return {name: float(value) for name, value in metrics.items()}


if __name__ == "__main__":
    measure(by_organ(score))
