"""A trained network together with what stands before and after it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import tfpartial.models  # noqa: F401  a saved network finds its layers by this import
from tfpartial.errors import TfpartialError
from tfpartial.priors.render import PriorRenderer, SlicePlaces
from tfpartial.segmenter.card import SegmenterCard, read_card
from tfpartial.segmenter.decode import all_finite, decode, probabilities
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

        def labels(hu: tf.Tensor, centre_mm: tf.Tensor, spacing_mm: tf.Tensor) -> tuple[tf.Tensor, ...]:
            logits = logits_of(hu, centre_mm, spacing_mm)
            return all_finite(logits), decode(logits, card.activation)

        def labels_and_probabilities(hu: tf.Tensor, centre_mm: tf.Tensor, spacing_mm: tf.Tensor) -> tuple[tf.Tensor, ...]:
            logits = logits_of(hu, centre_mm, spacing_mm)
            return all_finite(logits), decode(logits, card.activation), probabilities(logits, card.activation)

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

        Raises:
            TfpartialError: the network gives NaN or infinity, which would look like background.
        """
        (labels,) = self._outputs(self._labels, hu, places)
        return labels

    def labels_and_probabilities(self, hu: np.ndarray, places: SlicePlaces | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Label map uint8 `[n, H, W]` and probabilities float32 `[n, H, W, K]`; arguments as of `labels`."""
        labels, probability = self._outputs(self._both, hu, places)
        return labels, probability

    def _outputs(self, compute: Callable[..., Any], hu: np.ndarray, places: SlicePlaces | None) -> list[np.ndarray]:
        outputs = []
        for parts, count in fixed_batches(self.batch, hu, *(places or SlicePlaces.nowhere(len(hu), len(self.card.organs)))):
            finite, *arrays = (output.numpy() for output in compute(*parts))
            if not finite:
                raise TfpartialError("network: expected finite logits, got NaN or infinity")
            outputs.append([array[:count] for array in arrays])
        return [np.concatenate(arrays) for arrays in zip(*outputs, strict=True)]
