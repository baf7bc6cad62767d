"""A trained network together with what stands before and after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import tfpartial.models  # noqa: F401  a saved network finds its layers by this import
from tfpartial.priors.render import PriorRenderer, SlicePlaces
from tfpartial.segmenter.card import SegmenterCard, read_card
from tfpartial.segmenter.decode import decode, probabilities
from tfpartial.segmenter.network import fixed_batches, load_network, network_logits, place_specs, read_renderer, slices_spec
from tfpartial.segmenter.precision import choose_jit


class Predictor:
    """Segments slices in one compiled function per batch; the batch has a fixed shape, so it is compiled once.

    Args:
        network: normalised HU -> logits.
        card: how the network was trained.
        batch: slices per step.
        renderer: renders the prior, for a network that has one.

    Raises:
        TfpartialError: no slice per step, or the network does not take the slices that the card describes.
    """

    def __init__(self, network: keras.Model, card: SegmenterCard, batch: int = 8, renderer: PriorRenderer | None = None) -> None:
        self.card = card
        self.batch = batch
        signature = [slices_spec(network, card, batch), *place_specs(len(card.organs), batch)]
        options = {"input_signature": signature, "jit_compile": choose_jit("auto"), "autograph": False}

        def logits_of(hu: tf.Tensor, *places: tf.Tensor) -> tf.Tensor:
            return network_logits(network, card, hu, renderer, SlicePlaces(*places))

        def labels(hu: tf.Tensor, centre_mm: tf.Tensor, spacing_mm: tf.Tensor) -> tf.Tensor:
            return decode(logits_of(hu, centre_mm, spacing_mm), card.activation)

        def labels_and_probabilities(hu: tf.Tensor, centre_mm: tf.Tensor, spacing_mm: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            logits = logits_of(hu, centre_mm, spacing_mm)
            return decode(logits, card.activation), probabilities(logits, card.activation)

        self._labels = tf.function(labels, **options)
        self._both = tf.function(labels_and_probabilities, **options)

    @classmethod
    def load(cls, folder: Path, checkpoint: str = "last", batch: int = 8) -> Predictor:
        """From a stage folder of `train`. Raises `TfpartialError` when its files are not there or do not fit."""
        card = read_card(folder)
        return cls(load_network(folder, checkpoint), card, batch, read_renderer(folder, card))

    def labels(self, hu: np.ndarray, places: SlicePlaces | None = None) -> np.ndarray:
        """Label map of any number of slices: int16 `[n, H, W, C]` -> uint8 `[n, H, W]`.

        Args:
            hu: the slices.
            places: where the organs are, for a network with a prior; none, or one without: the plain activation.
        """
        return np.concatenate([self._labels(*parts).numpy()[:count] for parts, count in self._batches(hu, places)])

    def labels_and_probabilities(self, hu: np.ndarray, places: SlicePlaces | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Label map uint8 `[n, H, W]` and probabilities float32 `[n, H, W, K]`; arguments as of `labels`."""
        batches = self._batches(hu, places)
        outputs = [[output.numpy()[:count] for output in self._both(*parts)] for parts, count in batches]
        labels, probability = zip(*outputs, strict=True)
        return np.concatenate(labels), np.concatenate(probability)

    def _batches(self, hu: np.ndarray, places: SlicePlaces | None) -> Iterator[tuple[tuple[np.ndarray, ...], int]]:
        return fixed_batches(self.batch, hu, *(places or SlicePlaces.nowhere(len(hu), len(self.card.organs))))
