"""What a model knows about an organ that nobody labelled in a case."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tfpartial.audit.doubt import Marked


@dataclass(frozen=True)
class MissingOrgan:
    """The predicted positives P (ŷ >= 0.5) of an organ in a case that is not annotated for it. Undefined is None.

    Args:
        organ: the organ.
        volume_ml: volume of P.
        usual_ml: median volume of the organ over the cases that label it; None when no case does.
        mean_probability: mean of ŷ over P, the confidence MCP (method §3); None when P is empty.
        mean_entropy: mean over P of h(ŷ) = -ŷ log2 ŷ - (1 - ŷ) log2 (1 - ŷ), in bits; None when P is empty.
        uncertainty: 0..1, the entropy in relation to the organ's volume; None when P is empty:

                u = (sum over P of h(ŷ_i) v) / max(volume of P, usual volume),   v the volume of a voxel

            It is the mean entropy where the organ was found in its usual size or larger. A few uncertain voxels of an organ of
            which the model sees nothing else say little, and get little.
    """

    organ: str
    volume_ml: float
    usual_ml: float | None
    mean_probability: float | None
    mean_entropy: float | None
    uncertainty: float | None


def measure_missing(organ: str, marked: Marked, voxel_ml: float, usual_ml: float | None) -> MissingOrgan:
    """Measures an organ.

    Args:
        organ: its name.
        marked: its predicted positives.
        voxel_ml: volume of a voxel.
        usual_ml: its median volume, or None.
    """
    probability = marked.probability.astype(np.float64)
    volume_ml = len(probability) * voxel_ml
    if not len(probability):
        return MissingOrgan(organ, 0.0, usual_ml, None, None, None)
    entropy = float(binary_entropy(probability).mean())
    uncertainty = entropy * volume_ml / max(volume_ml, usual_ml or 0.0)
    return MissingOrgan(organ, volume_ml, usual_ml, float(probability.mean()), entropy, uncertainty)


def binary_entropy(probability: np.ndarray) -> np.ndarray:
    """h(p) in bits, 0..1; 0 at p = 0 and p = 1, its limits."""
    inside = np.clip(probability, np.finfo(np.float64).tiny, 1)
    other = np.clip(1 - probability, np.finfo(np.float64).tiny, 1)
    return -(probability * np.log2(inside) + (1 - probability) * np.log2(other))
