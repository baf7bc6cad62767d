"""DeepMind's surface-distance in `benchmarks.surface`."""

from __future__ import annotations

import numpy as np
import surface_distance as peer

from benchmarks.surface_case import Case, Metrics, by_organ, measure


def score(reference: np.ndarray, prediction: np.ndarray, case: Case) -> Metrics:
    """Its functions on distances that are computed once. It gives a mean for each direction; both are put together by area."""
    distances = peer.compute_surface_distances(reference, prediction, case.spacing_mm)
    areas = [distances[f"surfel_areas_{which}"].sum() for which in ("gt", "pred")]
    return {
        "dsc": float(peer.compute_dice_coefficient(reference, prediction)),
        "hd": float(peer.compute_robust_hausdorff(distances, 100)),
        "hd95": float(peer.compute_robust_hausdorff(distances, 95)),
        "asd": float(np.average(peer.compute_average_surface_distance(distances), weights=areas)),
        "nsd": float(peer.compute_surface_dice_at_tolerance(distances, case.tolerance_mm)),
    }


if __name__ == "__main__":
    measure(by_organ(score))
