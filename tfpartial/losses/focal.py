"""Focal cross entropy on certain voxels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from keras import ops

from tfpartial.losses.base import TINY, Tensor, at_least_float32, one_of, voxels_of, whole_voxel, with_background
from tfpartial.losses.certain_mean import CertainMean
from tfpartial.losses.inputs import LossInputs
from tfpartial.losses.per_organ import PerOrgan
from tfpartial.losses.term import Term
from tfpartial.options import AtLeast

BALANCED = "balanced"


class Focal(Term):
    """Focal cross entropy on certain voxels: easy voxels count little (Lin et al. 2017, "Focal loss", eq. 4, 5).

        sigmoid:   l_ik = -a_k y_ik (1 - p_ik)^g ln p_ik - b_k (1 - y_ik) p_ik^g ln(1 - p_ik)
        softmax:   l_i  = -a_c (1 - p_ic)^g ln p_ic,   c the class of voxel i, background or an organ

    p are the probabilities, g is `gamma`. The l are averaged over the certain voxels as those of the cross entropy, which this is
    at g = 0 and a = b = 1. Lin's alpha = 0.25 is a `positive_weight` of 1/3 and a `weight` of 0.75.

    Example: one certain voxel of the organ, p = 3/4, g = 2: (1/4)^2 ln 4/3 = 0.0180.

    Args:
        activation: `sigmoid` or `softmax`.
        gamma: g, by which a voxel counts (1 - p)^g, p the probability of what it is; 0 lets all count alike.
        positive_weight: a_k, by which the voxels of an organ count: a number for every organ, or organ -> number (1 for the
            others); all else counts 1. Under `balanced` organ and all else (softmax: each class) weigh as much in total, by their
            certain voxels in the batch; what the batch lacks is left out.
        reduction: `valid_mean` divides each organ's sum by its certain voxels, `batch_mean` by all voxels of the batch.
        floor: share of the batch that an organ's certain voxels count for at least under `valid_mean`.
    """

    def __init__(
        self,
        activation: str,
        gamma: Annotated[float, AtLeast(0)] = 2.0,
        positive_weight: float | dict[str, float] | Literal["balanced"] = 1.0,
        reduction: Literal["valid_mean", "batch_mean"] = "valid_mean",
        floor: Annotated[float, AtLeast(0)] = 0.1,
    ) -> None:
        super().__init__(activation)
        self.gamma = gamma
        self.mean = CertainMean(reduction, floor)
        self.positive_weight: PerOrgan | None = None
        if isinstance(positive_weight, str):
            one_of("positive_weight", positive_weight, (BALANCED,))
        else:
            self.positive_weight = PerOrgan("positive_weight", positive_weight, lambda number: number > 0, "more than 0")

    def set_organs(self, organs: Sequence[str]) -> None:
        """Receives the names of the organs. Raises `TfpartialError` when `positive_weight` names another one."""
        if self.positive_weight is not None:
            self.positive_weight.set_organs(organs)

    def __call__(self, inputs: LossInputs) -> Tensor:
        logits = at_least_float32(inputs.logits[1])
        targets, weights = (ops.cast(tensor, logits.dtype) for tensor in (inputs.targets, inputs.weights))
        if self.activation == "softmax":
            targets, weights = with_background(targets), whole_voxel(weights)
            counts = ops.sum(targets * weights, axis=voxels_of(targets))  # (K + 1,)
            of_class = self._weights_of_classes(counts)
            probability, logarithm = ops.softmax(logits, axis=-1), ops.log_softmax(logits, axis=-1)
            others = ops.sum((1.0 - targets) * probability, axis=-1, keepdims=True)  # 1 - p without its rounding
            hardness = ops.exp(self.gamma * ops.log(ops.maximum(others, TINY)))
            terms = -hardness * ops.sum(of_class * targets * logarithm, axis=-1, keepdims=True)  # (..., 1)
        else:
            positive = ops.sum(targets * weights, axis=voxels_of(targets))  # (K,)
            negative = ops.sum((1.0 - targets) * weights, axis=voxels_of(targets))
            of_class = self._weights_of_classes(ops.stack([negative, positive], axis=-1))  # (K, 2)
            terms = of_class[:, 1] * targets * self._binary(logits) + of_class[:, 0] * (1.0 - targets) * self._binary(-logits)
        return self.mean(terms, weights)

    def _binary(self, logits: Tensor) -> Tensor:
        """-(1 - p)^g ln p of a sigmoid p: both are logarithms of the logits, finite for every one."""
        return ops.softplus(-logits) * ops.exp(-self.gamma * ops.softplus(logits))

    def _weights_of_classes(self, counts: Tensor) -> Tensor:
        """Weights of the classes, of the shape of their certain voxels `counts`: `[K, 2]` (not the organ, organ) or `[K + 1]`."""
        if self.positive_weight is None:
            present = ops.sum(ops.cast(counts > 0, counts.dtype), axis=-1, keepdims=True)
            return ops.divide_no_nan(ops.sum(counts, axis=-1, keepdims=True), present * counts)
        num_organs = counts.shape[0] - (self.activation == "softmax")
        organs = np.nan_to_num(self.positive_weight.of(num_organs), nan=1.0)
        weights = np.append(1.0, organs) if self.activation == "softmax" else np.stack([np.ones(num_organs), organs], axis=-1)
        return ops.cast(weights, counts.dtype)
