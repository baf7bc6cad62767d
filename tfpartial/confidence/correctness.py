"""Whether a segmenter is right, and the loss that teaches a network to predict it."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from tfpartial.losses.base import PartialLoss, Tensor


def is_correct(probability: Tensor, target: Tensor) -> Tensor:
    """Whether a segmenter's answer to "is it organ k" is right: r_ik = 1 where (p_ik >= 1/2) = y_ik, else 0.

    A candidate for relabeling is a voxel at which organ k wins with 1/2 or more, so there r_ik says whether the argmax is right.

    Args:
        probability: p, float, any shape.
        target: y, 0 or 1, the same shape.

    Returns:
        float32 of the same shape, 0 or 1.
    """
    return ops.cast(ops.equal(probability >= 0.5, target > 0.5), "float32")


@keras.saving.register_keras_serializable(package="tfpartial")
class CorrectnessLoss(PartialLoss):
    """Binary cross entropy of "the segmenter is right" on certain voxels.

        L = sum_ik w_ik (-r_ik ln s(x_ik) - (1 - r_ik) ln(1 - s(x_ik))) / sum_ik w_ik,   s the sigmoid, x the logits

    It is divided as `TrueClassLoss` is. Without a certain voxel the loss is 0.

    Example: two voxels, logits 0 and ln 3 (confidence 1/2 and 3/4), the first right and the second wrong, both certain:
    (ln 2 + ln 4) / 2 = 1.040; with weights 1 and 0 ln 2 = 0.693.
    """

    def call(self, y_true: Tensor, y_pred: Tensor, weight: Tensor) -> Tensor:
        # -ln s(x) = softplus(x) - x, finite for every logit
        return ops.divide_no_nan(ops.sum(weight * (ops.softplus(y_pred) - y_true * y_pred)), ops.sum(weight))

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}
