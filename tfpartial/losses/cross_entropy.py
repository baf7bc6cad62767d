"""Cross entropy under a weight map: K sigmoids, or a softmax over K organs and background."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from tfpartial.losses.base import PartialLoss, Tensor, whole_voxel, with_background
from tfpartial.losses.certain_mean import CertainMean


class _CrossEntropy(PartialLoss):
    """A cross entropy per voxel and channel, summed over the channels and averaged over voxels in one of two ways."""

    def __init__(self, reduction: str = "valid_mean", floor: float = 0.0, name: str | None = None) -> None:
        super().__init__(name=name)
        self.mean = CertainMean(reduction, float(floor))

    def get_config(self) -> dict[str, Any]:
        return {"reduction": self.mean.reduction, "floor": self.mean.floor, "name": self.name}


@keras.saving.register_keras_serializable(package="tfpartial")
class PartialBinaryCrossentropy(_CrossEntropy):
    """Binary cross entropy of K sigmoids on certain voxels (SMILE eq. 1; thesis eq. 3.1, 3.2).

        l_ik = -y_ik ln s(x_ik) - (1 - y_ik) ln(1 - s(x_ik)),   s the sigmoid, x the logits

        batch_mean:   sum_k sum_i w_ik l_ik / N                 N voxels in the batch, certain or not
        valid_mean:   sum_k (sum_i w_ik l_ik / max(sum_i w_ik, f N))      an organ without a certain voxel adds 0

    Example: one organ, two voxels, logits 0 and ln 3 (probability 1/2 and 3/4), targets 1 and 0, only the first voxel certain:
    its term is ln 2 = 0.693, so `batch_mean` gives 0.347 and `valid_mean` 0.693. The second term (ln 4) counts for nothing.

    Args:
        reduction: `valid_mean`, which trained better (docs/results.md), or `batch_mean`, the paper's.
        floor: f, share of the batch that the certain voxels of `valid_mean` count for at least.
    """

    def call(self, y_true: Tensor, y_pred: Tensor, weight: Tensor) -> Tensor:
        # -ln s(x) = softplus(x) - x, and softplus(x) = max(x, 0) + ln(1 + exp(-|x|)) is finite for every logit
        return self.mean(ops.softplus(y_pred) - y_true * y_pred, weight)


@keras.saving.register_keras_serializable(package="tfpartial")
class PartialCategoricalCrossentropy(_CrossEntropy):
    """Cross entropy of one softmax over background (channel 0) and K organs (channels 1..K), on certain voxels.

        l_i = -sum_c y_ic ln softmax(x_i)_c,   y_i0 = 1 - sum_k y_ik,   w_i = min_k w_ik

        batch_mean:   sum_i w_i l_i / N          valid_mean:   sum_i w_i l_i / max(sum_i w_i, f N)

    `y_true` and `w` stay `[..., K]`; the logits are `[..., K+1]`. With the rule `naive` this is the usual multi-class network,
    which takes every missing label for background (thesis, section 3.3).

    Example: K = 1, one voxel, logits (0, ln 3), target 0: softmax = (1/4, 3/4), loss = ln 4 = 1.386.

    Args:
        reduction: `valid_mean`, which trained better (docs/results.md), or `batch_mean`, the paper's.
        floor: f, share of the batch that the certain voxels of `valid_mean` count for at least.
    """

    extra_channels = 1

    def call(self, y_true: Tensor, y_pred: Tensor, weight: Tensor) -> Tensor:
        terms = -ops.sum(with_background(y_true) * ops.log_softmax(y_pred, axis=-1), axis=-1, keepdims=True)  # (..., 1)
        return self.mean(terms, whole_voxel(weight))
