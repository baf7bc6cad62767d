"""MedPy in `benchmarks.surface`."""

from __future__ import annotations

import numpy as np
from medpy.metric import binary

from benchmarks.surface_case import Case, Metrics, by_organ, measure


def score(reference: np.ndarray, prediction: np.ndarray, case: Case) -> Metrics:
    """Its functions, as one calls them; it has no surface Dice."""
    return {
        "dsc": float(binary.dc(prediction, reference)),
        "hd": float(binary.hd(prediction, reference, case.spacing_mm)),
        "hd95": float(binary.hd95(prediction, reference, case.spacing_mm)),
        "asd": float(binary.assd(prediction, reference, case.spacing_mm)),
    }


if __name__ == "__main__":
    measure(by_organ(score))
