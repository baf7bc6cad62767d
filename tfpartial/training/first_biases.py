"""The output biases that a training starts from: how often each organ is where somebody looked for it."""

from __future__ import annotations

import keras
import numpy as np

from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.models.endpoints import LOGITS

LEAST = 1e-6
"""Of a frequency: an organ that no training case shows still has finite log-odds."""


def organ_frequencies(cases: TrainingCases, everywhere: bool = False) -> np.ndarray:
    """The share of voxels that are each organ, float64 `[K]`, over the training cases that are annotated for it.

    Args:
        cases: cases of the fold.
        everywhere: over all training cases, as a training sees it that takes missing labels for background.
    """
    store = cases.store
    labelled, looked_at = np.zeros(len(store.organs)), np.zeros(len(store.organs))
    for case in cases.train:
        kept = store.organs.vector(cases.annotated[case])
        labelled += store.voxels(case).sum(axis=0) * kept
        looked_at += store.cases[case].slices * np.prod(store.size) * (kept | everywhere)
    return np.clip(labelled / np.maximum(looked_at, 1), LEAST, 1 - LEAST)


def first_biases(frequencies: np.ndarray, activation: str) -> np.ndarray:
    """Biases under which a network of zero features gives each organ its frequency, float32 `[K]` or `[K + 1]`.

        sigmoid: ln f_k - ln(1 - f_k)         softmax: 0 for the background, ln f_k - ln(1 - sum f)

    Example: an organ of a hundredth of the voxels starts at ln(0.01 / 0.99) = -4.6, not at a probability of 1/2 everywhere,
    which the training would have to unlearn for the rarest organs longest (Lin et al. 2017, section 4.1).
    """
    if activation == "sigmoid":
        return (np.log(frequencies) - np.log1p(-frequencies)).astype(np.float32)
    background = max(1 - float(frequencies.sum()), LEAST)
    return np.concatenate([[0.0], np.log(frequencies) - np.log(background)]).astype(np.float32)


def set_first_biases(network: keras.Model, biases: np.ndarray) -> None:
    """Gives the layer named `LOGITS` these biases; a layer without any is left as it is."""
    set_biases(network.get_layer(LOGITS), biases)


def set_biases(layer: keras.layers.Layer, biases: np.ndarray) -> None:
    """Gives a layer these biases, where it has any."""
    if getattr(layer, "bias", None) is not None:
        layer.bias.assign(biases)
