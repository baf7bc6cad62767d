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
    if name == "mcp":
        return _maximum_class_probability(network)
    if name == "learned":
        if confidence is None:
            raise TfpartialError("estimator 'learned': expected the stage folder of `confidence`, got none")
        return _learned(network, confidence)
    if name == "mc_dropout":
        return MonteCarloDropout(network, settings)
    if name == "tta":
        return MovedSlices(network, normalised_air(card.window_hu, card.mean, card.sd), settings)
    raise TfpartialError(f"estimator '{name}' does not exist; expected one of mcp, learned, mc_dropout, tta")


def _maximum_class_probability(network: keras.Model) -> Estimate:
    def estimate(image: Tensor) -> tuple[Tensor, Tensor]:
        logits = ops.cast(network(image, training=False), "float32")
        return logits, ops.sigmoid(logits)

    return estimate


def _learned(network: keras.Model, confidence: LearnedConfidence) -> Estimate:
    def estimate(image: Tensor) -> tuple[Tensor, Tensor]:
        logits, added = (ops.cast(model(image, training=False), "float32") for model in (network, confidence.network))
        return logits, ops.sigmoid(added + first_logits(logits, confidence.start))

    return estimate
