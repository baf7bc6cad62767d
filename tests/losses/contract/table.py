"""The terms of the contract, with options, and what each of them reads. A new term is a row of `ROWS`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import ndimage

from tfpartial.losses import TERMS, LossInputs, Term, targets_and_weights

ORGANS = ("liver", "spleen", "pancreas")
K = len(ORGANS)
ACTIVATIONS = ("sigmoid", "softmax")
GRIDS = {"2D": (2, 4, 5), "3D": (2, 2, 4, 3)}
SPACING_MM = ((3.0, 1.5, 1.0), (1.0, 0.5, 0.5))
"""z, y, x of the two volumes or slices."""


class Sample(NamedTuple):
    """Targets and weights `[B, *grid, K]`, annotated sets `[B, K]` and float32 logits `[B, *grid, K or K + 1]`, in NumPy."""

    targets: np.ndarray
    weights: np.ndarray
    annotated: np.ndarray
    logits: np.ndarray

    def inputs(self, logits: Any) -> LossInputs:
        return LossInputs(
            self.targets, self.weights, {1: logits}, self.annotated, image=self.image, spacing_mm=np.float32(SPACING_MM)
        )

    @property
    def image(self) -> np.ndarray:
        """float32 `[B, *grid, 2]`, the same for every sample of a grid."""
        return np.random.default_rng(3).normal(size=(*self.logits.shape[:-1], 2)).astype("float32")

    @property
    def activation(self) -> str:
        return ACTIVATIONS[self.logits.shape[-1] - K]

    @property
    def certain(self) -> np.ndarray:
        """bool, of the shape of the logits; a softmax is certain as a whole."""
        if self.activation == "sigmoid":
            return self.weights > 0
        return np.repeat(self.weights.min(-1, keepdims=True) > 0, K + 1, axis=-1)


def sample_of(label: np.ndarray, annotated: np.ndarray, activation: str, seed: int) -> Sample:
    """A sample with random logits."""
    targets, weights = (np.array(array) for array in targets_and_weights(label, annotated, K))
    shape = (*label.shape, K + ACTIVATIONS.index(activation))
    return Sample(targets, weights, annotated, np.random.default_rng(seed).normal(scale=2.0, size=shape).astype("float32"))


def random_sample(activation: str, grid: str, seed: int = 0) -> Sample:
    """Liver and a part of the others are annotated; there are voxels to ignore."""
    label = np.random.default_rng(seed).choice([0, 1, 2, 3, 255], size=GRIDS[grid], p=[0.4, 0.2, 0.15, 0.15, 0.1])
    annotated = np.array([[True, False, True], [True, True, False]])
    return sample_of(label.astype("uint8"), annotated, activation, seed + 1)


class Row(NamedTuple):
    """A term with options, and the logits that it reads, bool of their shape."""

    term: str
    options: dict[str, Any]
    reads: Callable[[Sample], np.ndarray]

    def build(self, activation: str) -> Term:
        term = TERMS[self.term](activation, **self.options)
        term.set_organs(ORGANS)
        return term


def certain(sample: Sample) -> np.ndarray:
    return sample.certain


def uncertain(sample: Sample) -> np.ndarray:
    return ~sample.certain


def of_organs(*organs: int) -> Callable[[Sample], np.ndarray]:
    """Uncertain voxels of these organs; a softmax has no logits that an organ does not share."""

    def reads(sample: Sample) -> np.ndarray:
        own = np.isin(np.arange(K), organs) if sample.activation == "sigmoid" else np.ones(K + 1, bool)
        return uncertain(sample) & own

    return reads


def slices_of(*organs: int, present: bool) -> Callable[[Sample], np.ndarray]:
    """Slices in which a voxel of such an organ is uncertain, and one is certain to be it if it must be present."""

    def reads(sample: Sample) -> np.ndarray:
        grid = tuple(range(1, sample.targets.ndim - 1))
        unknown = uncertain(sample)[..., -K:].any(grid, keepdims=True)
        chosen = unknown & ((sample.targets * sample.weights).any(grid, keepdims=True) | (not present))
        chosen &= np.isin(np.arange(K), organs)
        if sample.activation == "softmax":
            chosen = chosen.any(-1, keepdims=True)
        return np.broadcast_to(chosen, sample.logits.shape)

    return reads


def unannotated(*organs: int) -> Callable[[Sample], np.ndarray]:
    """Slices in which one of these organs is not annotated; of sigmoids its own logits, of a softmax all."""

    def reads(sample: Sample) -> np.ndarray:
        chosen = ~sample.annotated & np.isin(np.arange(K), organs)  # [B, K]
        chosen = chosen.reshape(len(chosen), *[1] * (sample.logits.ndim - 2), K)
        if sample.activation == "softmax":
            chosen = chosen.any(-1, keepdims=True)
        return np.broadcast_to(chosen, sample.logits.shape)

    return reads


def everywhere(*organs: int) -> Callable[[Sample], np.ndarray]:
    """All voxels of these organs; of a softmax all."""

    def reads(sample: Sample) -> np.ndarray:
        own = np.isin(np.arange(K), organs) if sample.activation == "sigmoid" else np.ones(K + 1, bool)
        return np.broadcast_to(own, sample.logits.shape)

    return reads


def near_uncertain(window: int, slices: int) -> Callable[[Sample], np.ndarray]:
    """Voxels in the window of an uncertain one, or of its organ."""

    def reads(sample: Sample) -> np.ndarray:
        sides = (1, *(slices, window, window)[-(sample.logits.ndim - 2) :], 1)
        return ndimage.maximum_filter(uncertain(sample), sides, mode="constant")

    return reads


ROWS = {
    "focal": Row("focal", {}, certain),
    "focal, a root": Row("focal", {"gamma": 0.5, "reduction": "batch_mean"}, certain),
    "focal, of organs": Row("focal", {"positive_weight": {"spleen": 3.0, "pancreas": 0.5}}, certain),
    "focal, balanced": Row("focal", {"positive_weight": "balanced", "gamma": 1.0}, certain),
    "entropy": Row("entropy", {}, uncertain),
    "mutual_information": Row("mutual_information", {}, uncertain),
    "marginal_kl": Row("marginal_kl", {"marginal": 0.2}, uncertain),
    "marginal_kl, of organs": Row("marginal_kl", {"marginal": {"pancreas": 0.05, "spleen": 0.3}}, of_organs(1, 2)),
    "extremal_area": Row("extremal_area", {"area": 0.33}, slices_of(0, 1, 2, present=True)),
    "extremal_area, of organs": Row(
        "extremal_area", {"area": {"spleen": 0.1, "liver": 0.7}, "slices": "uncertain"}, slices_of(0, 1, present=False)
    ),
    "size": Row("size", {"bounds_mm2": {"spleen": [1.0, 2.0], "pancreas": [6.0, 9.0]}}, unannotated(1, 2)),
    "size, in voxels": Row(
        "size", {"bounds_voxels": {"liver": [0, 0]}, "bounds_mm2": {"spleen": [31, np.inf]}, "slices": "all"}, everywhere(0, 1)
    ),
    "crf": Row("crf", {"window": 3, "sigma_intensity": 1.0, "sigma_mm": 2.0}, near_uncertain(3, 3)),
    "crf, uncertain pairs": Row("crf", {"window": 3, "sigma_intensity": 2.0, "pairs": "both"}, uncertain),
    "laplacian": Row("laplacian", {"window": 3, "window_slices": 1, "sigma_intensity": 1.0}, near_uncertain(3, 1)),
    "laplacian, all pairs": Row("laplacian", {"window": 3, "sigma_intensity": 1.0, "pairs": "all"}, everywhere(0, 1, 2)),
}
