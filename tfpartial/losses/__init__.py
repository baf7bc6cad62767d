"""Losses that learn only what is certain."""

from tfpartial.losses.cross_entropy import PartialBinaryCrossentropy, PartialCategoricalCrossentropy
from tfpartial.losses.dice import PartialDice
from tfpartial.losses.inputs import LossInputs
from tfpartial.losses.term import Term
from tfpartial.losses.terms import TERMS
from tfpartial.losses.weight_maps import RULES, targets_and_weights

__all__ = [
    "RULES",
    "TERMS",
    "LossInputs",
    "PartialBinaryCrossentropy",
    "PartialCategoricalCrossentropy",
    "PartialDice",
    "Term",
    "targets_and_weights",
]
