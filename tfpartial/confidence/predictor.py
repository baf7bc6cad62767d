"""Organ and confidence of every voxel of some slices."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from tfpartial.confidence.card import load_confidence, require_sigmoids
from tfpartial.confidence.estimators import build_estimator
from tfpartial.confidence.network import LearnedConfidence
from tfpartial.config import Estimator, EstimatorConfig
from tfpartial.errors import TfpartialError
from tfpartial.labels import SURE_BACKGROUND
from tfpartial.priors.inputs import network_inputs
from tfpartial.priors.render import PriorRenderer, SlicePlaces
from tfpartial.segmenter.card import SegmenterCard, read_card
from tfpartial.segmenter.decode import decode
from tfpartial.segmenter.network import fixed_batches, load_network, place_specs, read_renderer, slices_spec
from tfpartial.segmenter.precision import choose_jit
from tfpartial.segmenter.preprocess import normalise

NEVER = float("-inf")
"""Logit of an organ that is not wanted."""


class ConfidentPredictor:
    """Segments slices into the organs that are asked for, and says how sure each voxel is, in one compiled function per batch.

    Only a byte and a float per voxel leave the function; the maps per organ and pass stay inside.

    Args:
        network: normalised HU -> logits, one sigmoid per organ.
        card: how the network was trained.
        estimator: what tells how sure a voxel is: see `tfpartial.confidence.estimators`.
        confidence: the confidence network; for `learned` only.
        settings: settings of `mc_dropout` and `tta`.
        batch: slices per step.
        background: probability that a wanted organ must reach for a voxel not to be sure background; none does not look for it.
        renderer: renders the prior, for a network that has one: its probability is then the prior-driven one (STIPPLE's MCP).

    Raises:
        TfpartialError: no slice per step, the network does not take the slices that the card describes, or the estimator cannot
            be used with it.
    """

    def __init__(
        self,
        network: keras.Model,
        card: SegmenterCard,
        estimator: Estimator,
        confidence: LearnedConfidence | None,
        settings: EstimatorConfig,
        batch: int,
        background: float | None = None,
        renderer: PriorRenderer | None = None,
    ) -> None:
        if renderer is not None and estimator != "mcp":
            raise TfpartialError(f"estimator '{estimator}': expected a segmenter without a spatial prior; for this one take mcp")
        self.card = card
        self.batch = batch
        estimate = build_estimator(estimator, network, card, confidence, settings)
        wanted_spec = tf.TensorSpec((len(card.organs),), tf.bool)
        signature = [slices_spec(network, card, batch), wanted_spec, *place_specs(len(card.organs), batch)]
        jit = choose_jit("auto") and estimator != "tta"  # XLA has no kernel that moves slices

        @tf.function(input_signature=signature, jit_compile=jit, autograph=False)
        def organ_and_confidence(hu: tf.Tensor, wanted: tf.Tensor, *places: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            image = normalise(hu, *card.scale)
            logits, sureness = estimate(network_inputs(image, renderer, SlicePlaces(*places)))
            logits = ops.where(wanted, logits, NEVER)
            organ = decode(logits, card.activation)
            place = ops.expand_dims(ops.maximum(ops.cast(organ, "int32") - 1, 0), -1)
            of_organ = ops.squeeze(ops.take_along_axis(sureness, place, axis=-1), -1)
            sureness = ops.where(organ > 0, ops.clip(of_organ, 0.0, 1.0), 0.0)
            if background is not None:
                organ = ops.where(ops.max(ops.sigmoid(logits), axis=-1) < background, np.uint8(SURE_BACKGROUND), organ)
            return organ, sureness

        self._organ_and_confidence = organ_and_confidence

    @classmethod
    def load(
        cls,
        model: Path,
        checkpoint: str,
        estimator: Estimator,
        confidence: Path | None,
        settings: EstimatorConfig,
        batch: int,
        background: float | None = None,
    ) -> ConfidentPredictor:
        """From stage folders.

        Args:
            model: stage folder of `train`.
            checkpoint: `best` or `last`.
            estimator: what tells how sure a voxel is.
            confidence: stage folder of `confidence`; for `learned` only.
            settings: settings of `mc_dropout` and `tta`.
            batch: slices per step.
            background: see the class.

        Raises:
            TfpartialError: a file is missing, damaged or does not fit; the segmenter ends in a softmax; the confidence network
                was trained for another segmenter.
        """
        card = read_card(model)
        require_sigmoids(card, model)
        network = load_network(model, checkpoint)
        learned = None
        if estimator == "learned" and confidence is not None:
            learned = load_confidence(confidence, model, checkpoint)
        return cls(network, card, estimator, learned, settings, batch, background, read_renderer(model, card))

    def predict(self, hu: np.ndarray, wanted: np.ndarray, places: SlicePlaces | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Organ and confidence of any number of slices.

        Args:
            hu: int16 HU `[n, H, W, C]`.
            wanted: bool `[K]`, the organs that may be predicted.
            places: where the organs are, for a segmenter with a prior; none: the plain activation.

        Returns:
            organ, uint8 `[n, H, W]`: the organ with the highest probability among the wanted ones, 0 where none reaches 0.5,
            254 where it is asked for and all are below `background`; and its confidence, float32 `[n, H, W]` in 0..1, 0 where
            there is no organ.

        Raises:
            TfpartialError: `wanted` is not one truth value per organ.
        """
        wanted = np.asarray(wanted)
        if wanted.shape != (len(self.card.organs),) or wanted.dtype != bool:
            expected, got = f"bool ({len(self.card.organs)},)", f"{wanted.dtype} {wanted.shape}"
            raise TfpartialError(f"wanted organs: expected {expected}, got {got}")
        organ = np.empty(hu.shape[:3], np.uint8)
        confidence = np.empty(hu.shape[:3], np.float32)
        batches = fixed_batches(self.batch, hu, *(places or SlicePlaces.nowhere(len(hu), len(self.card.organs))))
        for start, ((part, centre, spacing), count) in zip(range(0, len(hu), self.batch), batches, strict=True):
            organs, sureness = self._organ_and_confidence(part, wanted, centre, spacing)
            organ[start : start + count] = organs.numpy()[:count]
            confidence[start : start + count] = sureness.numpy()[:count]
        return organ, confidence
