"""What tells how sure a segmenter is of a voxel, behind one interface.

| name | confidence of organ k at a voxel |
|---|---|
| `mcp` | the probability that the segmenter gives to it (SMILE) |
| `learned` | what a network of `confidence` predicts for its True Class Probability (INERRANT) |
| `mc_dropout` | one minus the normalised standard deviation of its probability when last features are dropped |
| `tta` | the same when the slice is moved |

Each gives a slice the same confidence, up to rounding, whenever it is asked and whatever slices are beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import keras
from keras import ops

from tfpartial.confidence.mc_dropout import MonteCarloDropout
from tfpartial.confidence.network import LearnedConfidence, first_logits
from tfpartial.confidence.tta import MovedSlices
from tfpartial.config import Estimator, EstimatorConfig
from tfpartial.errors import TfpartialError
from tfpartial.losses.base import Tensor
from tfpartial.segmenter.card import SegmenterCard
from tfpartial.segmenter.preprocess import normalised_air

Estimate = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Normalised slices `[B, H, W, C]` -> the segmenter's logits and the confidence in 0..1, both float32 `[B, H, W, K]`."""


class Asked(NamedTuple):
    """What an estimator is made of; arguments as of `build_estimator`."""

    network: keras.Model
    card: SegmenterCard
    confidence: LearnedConfidence | None
    settings: EstimatorConfig


def build_estimator(
    name: Estimator,
    network: keras.Model,
    card: SegmenterCard,
    confidence: LearnedConfidence | None,
    settings: EstimatorConfig,
) -> Estimate:
    """The estimator of that name.

    Args:
        name: a name of the table above.
        network: the segmenter, one sigmoid per organ.
        card: how it was trained.
        confidence: its confidence network; for `learned` only.
        settings: settings of `mc_dropout` and `tta`.

    Raises:
        TfpartialError: an unknown name, `learned` without a network, or a segmenter that the estimator cannot ask.
    """
    if name not in ESTIMATORS:
        raise TfpartialError(f"estimator '{name}' does not exist; expected one of {', '.join(ESTIMATORS)}")
    return ESTIMATORS[name](Asked(network, card, confidence, settings))


def _maximum_class_probability(asked: Asked) -> Estimate:
    def estimate(image: Tensor) -> tuple[Tensor, Tensor]:
        logits = ops.cast(asked.network(image, training=False), "float32")
        return logits, ops.sigmoid(logits)

    return estimate


def _learned(asked: Asked) -> Estimate:
    network, confidence = asked.network, asked.confidence
    if confidence is None:
        raise TfpartialError("estimator 'learned': expected the stage folder of `confidence`, got none")

    def estimate(image: Tensor) -> tuple[Tensor, Tensor]:
        logits, added = (ops.cast(model(image, training=False), "float32") for model in (network, confidence.network))
        return logits, ops.sigmoid(added + first_logits(logits, confidence.start))

    return estimate


def _mc_dropout(asked: Asked) -> Estimate:
    return MonteCarloDropout(asked.network, asked.settings)


def _tta(asked: Asked) -> Estimate:
    card = asked.card
    return MovedSlices(asked.network, normalised_air(*card.scale), asked.settings)


ESTIMATORS: dict[str, Callable[[Asked], Estimate]] = {
    "mcp": _maximum_class_probability,
    "learned": _learned,
    "mc_dropout": _mc_dropout,
    "tta": _tta,
}
