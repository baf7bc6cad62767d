"""The True Class Probability, and the loss that teaches a network to predict it."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from tfpartial.losses.base import PartialLoss, Tensor


def true_class_probability(probability: Tensor, target: Tensor) -> Tensor:
    """The probability that a segmenter gives to what is true (TCP; Corbière et al. 2019, thesis section 3.3.2).

        c_ik = p_ik where y_ik = 1,  1 - p_ik where y_ik = 0

    Args:
        probability: p, float, any shape.
        target: y, 0 or 1, the same shape.

    Returns:
        float of the same shape, in 0..1.
    """
    return ops.where(target > 0.5, probability, 1.0 - probability)


@keras.saving.register_keras_serializable(package="tfpartial")
class TrueClassLoss(PartialLoss):
    """Squared distance between predicted and true TCP on certain voxels (thesis eq. 3.3).

        L = sum_ik w_ik (s(x_ik) - c_ik)^2 / sum_ik w_ik,   s the sigmoid, x the logits, c the TCP

    The published formula divides by K N, the number of organs and voxels. That is this quotient where everything is certain.
    Where it is not, a division by K N would let the loss, and with it the step, shrink as labels get rarer. Without a certain
    voxel the loss is 0.

    Example: two voxels, logits 0 and ln 3 (confidence 1/2 and 3/4), TCP 1 and 1/4, both certain: (1/4 + 1/4) / 2 = 1/4; with
    weights 1 and 0 also 1/4.
    """

    def call(self, y_true: Tensor, y_pred: Tensor, weight: Tensor) -> Tensor:
        return ops.divide_no_nan(ops.sum(weight * ops.square(ops.sigmoid(y_pred) - y_true)), ops.sum(weight))

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}


def balance_predicted(weight: Tensor, predicted: Tensor) -> Tensor:
    """Weights under which the voxels that a segmenter predicts as an organ weigh as much in total as all others.

    Nearly all certain voxels are background whose TCP is almost 1, and teach to answer 1 everywhere; but only the predicted
    ones are ranked. All organs share the balance: organ by organ, a few voxels of a small one would make up half of its loss.

    Args:
        weight: float `[..., K]`.
        predicted: bool `[..., K]`, the segmenter's probability reaches 0.5.

    Returns:
        float `[..., K]` with the same total; as they were where either kind weighs nothing.
    """
    chosen = ops.where(predicted, weight, 0.0)
    of_predicted = ops.sum(chosen)
    of_others = ops.sum(weight - chosen)
    half = (of_predicted + of_others) / 2.0
    factor = ops.where(predicted, ops.divide_no_nan(half, of_predicted), ops.divide_no_nan(half, of_others))
    return ops.where(ops.minimum(of_predicted, of_others) > 0, weight * factor, weight)
