"""The output biases that a confidence network starts from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tfpartial.confidence.trainer import ConfidenceTrainer
from tfpartial.models.endpoints import LOGITS

BATCHES = 4
"""Over which the mean is taken."""
LEAST = 1e-4
"""Of a mean, and of its distance to 1: its log-odds are finite."""


def set_first_biases(trainer: ConfidenceTrainer, batches: Iterable[Mapping[str, Any]]) -> None:
    """Starts each organ at the log-odds of its mean target on certain voxels of some batches, not at a confidence of 1/2.

    Nearly all certain voxels are background that the segmenter is right about: the mean is near 1, and the head would first have
    to learn that for every organ. An organ without a certain voxel in these batches starts at 1/2.
    """
    total = weights = np.zeros(trainer.num_organs)
    for batch in batches:
        wanted, weight, _ = (np.asarray(part, np.float64) for part in trainer.targets(trainer.prepared(batch)))
        total = total + np.sum(wanted * weight, axis=(0, 1, 2))
        weights = weights + np.sum(weight, axis=(0, 1, 2))
    mean = np.clip(total / np.maximum(weights, 1e-12), LEAST, 1 - LEAST)
    biases = np.where(weights > 0, np.log(mean) - np.log1p(-mean), 0.0)
    trainer.network.get_layer(f"confidence_{LOGITS}").bias.assign(biases.astype(np.float32))
