"""Soft Dice under a weight map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from tfpartial.errors import TfpartialError
from tfpartial.losses.base import PartialLoss, Tensor, one_of, whole_voxel

ORGANS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "weighted": lambda certain, positive: certain > 0,
    "present": lambda certain, positive: positive > 0,
    "all": lambda certain, positive: ops.ones_like(certain, dtype="bool"),
}
"""Which organs the mean is over, from the certain voxels and the certain positive voxels of each organ in the batch."""
FORMS: dict[str, Callable[[Tensor], Tensor]] = {"linear": lambda dice: 1.0 - dice, "log": lambda dice: -ops.log(dice)}
"""What an organ's Dice adds to the loss."""
ACTIVATIONS = {"sigmoid": 0, "softmax": 1}
"""Activation -> logits per voxel beyond the K organs."""


@keras.saving.register_keras_serializable(package="tfpartial")
class PartialDice(PartialLoss):
    """One minus the soft Dice of each organ over the whole batch, on certain voxels (Milletari et al. 2016, without squares).

        D_k = (2 sum_i w_ik y_ik p_ik + s) / (sum_i w_ik y_ik + sum_i w_ik p_ik + s)

        linear:   mean_k (1 - D_k)          log:   mean_k (-ln D_k)

    Example: one organ, three voxels, probabilities 1/2, 1/2, 1, targets 1, 0, 0, the third not certain, s = 1:
    D = (2 * 1/2 + 1) / (1 + 1 + 1) = 2/3, so the loss is 1/3, or ln 3/2 = 0.405.

    An organ with probabilities near 0 hardly moves under `linear`: the sigmoid's slope there is the probability itself. Under
    `log` the slope is divided by D, which is as small (Wong et al. 2018, "exponential logarithmic loss", with exponent 1).

    Args:
        organs: the organs of the mean: `weighted` those with any certain voxel in the batch, `present` those with any certain
            positive voxel in it, `all` every organ (one without a certain voxel adds 0). Without an organ the loss is 0.
        smooth: s > 0, in voxels.
        form: `linear` or `log`.
        activation: `sigmoid` for K logits, `softmax` for K+1 with background in channel 0, which has no Dice term of its own.
    """

    def __init__(
        self,
        organs: str = "weighted",
        smooth: float = 1.0,
        activation: str = "sigmoid",
        form: str = "linear",
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.organs = one_of("organs", organs, tuple(ORGANS))
        self.form = one_of("form", form, tuple(FORMS))
        self.activation = one_of("activation", activation, tuple(ACTIVATIONS))
        self.extra_channels = ACTIVATIONS[activation]
        if smooth <= 0:
            raise TfpartialError(f"smooth: expected more than 0 voxels, got {smooth}")
        self.smooth = float(smooth)

    def get_config(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in ("organs", "smooth", "activation", "form")}
        return own | {"name": self.name}

    def call(self, y_true: Tensor, y_pred: Tensor, weight: Tensor) -> Tensor:
        if self.activation == "softmax":
            probability, weight = ops.softmax(y_pred, axis=-1)[..., 1:], whole_voxel(weight)
        else:
            probability = ops.sigmoid(y_pred)
        voxels = tuple(range(len(y_true.shape) - 1))
        weight = ops.broadcast_to(weight, ops.shape(y_true))
        positive = ops.sum(weight * y_true, axis=voxels)  # (K,)
        predicted = ops.sum(weight * probability, axis=voxels)
        overlap = ops.sum(weight * y_true * probability, axis=voxels)
        loss = FORMS[self.form]((2.0 * overlap + self.smooth) / (positive + predicted + self.smooth))
        chosen = ops.cast(ORGANS[self.organs](ops.sum(weight, axis=voxels), positive), "float32")
        return ops.divide_no_nan(ops.sum(chosen * loss), ops.sum(chosen))
