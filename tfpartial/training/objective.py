"""The training methods: which voxels are learned, and with which loss terms."""

from __future__ import annotations

from typing import Any, NamedTuple

from keras import ops

from tfpartial.config import LossConfig
from tfpartial.errors import TfpartialError
from tfpartial.losses import PartialBinaryCrossentropy, PartialCategoricalCrossentropy, PartialDice, targets_and_weights


class Recipe(NamedTuple):
    """What a training method is made of.

    Args:
        rule: the weight rule of `targets_and_weights`.
        activation: `sigmoid` (K logits) or `softmax` (K+1 logits, background first).
        dice_organs: organs of the Dice term: `present` in the batch, or `all`.
    """

    rule: str
    activation: str
    dice_organs: str


METHODS = {
    "certain": Recipe("certain", "sigmoid", "present"),  # INERRANT0 (thesis, section 3.3.1), SMILE
    "naive": Recipe("naive", "sigmoid", "all"),  # w = 1 everywhere, in every term
    "naive_softmax": Recipe("naive", "softmax", "all"),  # the multi-class network as published
}


class Objective:
    """The loss of a method: a weighted sum of terms under one weight map.

    Args:
        method: a key of `METHODS`.
        num_organs: K.
        config: the terms' factors.

    Raises:
        TfpartialError: every factor is 0.
    """

    def __init__(self, method: str, num_organs: int, config: LossConfig) -> None:
        self.rule, self.activation, own_organs = METHODS[method]
        dice_organs = own_organs if config.dice_organs == "method" else config.dice_organs
        self.num_organs = num_organs
        cross_entropy = PartialBinaryCrossentropy if self.activation == "sigmoid" else PartialCategoricalCrossentropy
        self.dice_slices = config.dice_slices
        terms = {
            "bce": (config.bce, cross_entropy(reduction=config.reduction)),
            "dice": (config.dice, PartialDice(organs=dice_organs, activation=self.activation)),
        }
        self.terms = {name: term for name, term in terms.items() if term[0] > 0}
        if not self.terms:
            raise TfpartialError(f"loss: expected a factor above 0, got bce {config.bce} and dice {config.dice}")

    @property
    def num_outputs(self) -> int:
        """Channels of the logits."""
        return self.num_organs + (self.activation == "softmax")

    def __call__(self, label: Any, annotated: Any, logits: Any) -> dict[str, Any]:
        """The terms, unweighted, and their weighted sum `loss`.

        Args:
            label: uint8 `[B, H, W]`.
            annotated: bool `[B, K]`.
            logits: `[B, H, W, num_outputs]`.
        """
        targets, weights = targets_and_weights(label, annotated, self.num_organs, rule=self.rule)
        weights_of = {"bce": weights, "dice": self._dice_weights(weights, annotated)}
        values = {name: term(targets, logits, sample_weight=weights_of[name]) for name, (_, term) in self.terms.items()}
        total = sum(factor * values[name] for name, (factor, _) in self.terms.items())
        return {"loss": total, **values}

    def _dice_weights(self, weights: Any, annotated: Any) -> Any:
        if self.dice_slices == "certain":
            return weights
        return weights * ops.cast(ops.expand_dims(annotated, (1, 2)), weights.dtype)
