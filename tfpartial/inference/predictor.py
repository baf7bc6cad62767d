"""A trained network together with what stands before and after it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import tfpartial.models  # noqa: F401  a saved network finds its layers by this import
from tfpartial.errors import TfpartialError
from tfpartial.inference.decode import decode, probabilities
from tfpartial.priors.inputs import network_inputs
from tfpartial.priors.place import PriorRenderer, SlicePlaces
from tfpartial.priors.spatial_prior import read_prior
from tfpartial.training.card import SegmenterCard, read_card
from tfpartial.training.precision import choose_jit
from tfpartial.training.preprocess import normalise


def load_network(folder: Path, checkpoint: str) -> keras.Model:
    """The network of a stage folder of `train`.

    Args:
        folder: stage folder.
        checkpoint: `best` or `last`.

    Raises:
        TfpartialError: the checkpoint is not there, or it is not a whole `.keras` file.
    """
    path = folder / f"{checkpoint}.keras"
    if not path.is_file():
        raise TfpartialError(f"{folder}: expected a stage folder of `train` with {path.name}, which is not there")
    return read_network(path)


def read_network(path: Path) -> keras.Model:
    """The network of a `.keras` file. Raises `TfpartialError` when it is not a whole one."""
    try:
        return keras.saving.load_model(path, safe_mode=True, compile=False)
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TfpartialError(f"{path}: expected a network that Keras can load, got: {reason}") from error


def slices_spec(network: keras.Model, card: SegmenterCard, batch: int) -> tf.TensorSpec:
    """What a compiled function of the network takes: int16 HU `[batch, H, W, C]`.

    Raises:
        TfpartialError: no slice per step, or the network does not take the slices that the card describes.
    """
    if batch < 1:
        raise TfpartialError(f"batch: expected 1 or more slices, got {batch}")
    shape = (*card.size, len(card.channel_names))
    taken = tuple(network.inputs[0].shape[1:])
    if taken != shape:
        raise TfpartialError(f"network: expected input {shape} as its card says, got {taken}")
    return tf.TensorSpec((batch, *shape), tf.int16)


def fixed_batches(batch: int, *arrays: np.ndarray) -> Iterator[tuple[tuple[np.ndarray, ...], int]]:
    """Batches of the fixed size of arrays over the same slices, and how many slices of each count: the last one is filled up."""
    for start in range(0, len(arrays[0]), batch):
        parts = [array[start : start + batch] for array in arrays]
        missing = batch - len(parts[0])
        yield tuple(np.pad(part, [(0, missing)] + [(0, 0)] * (part.ndim - 1), mode="edge") for part in parts), batch - missing


def network_logits(
    network: keras.Model, card: SegmenterCard, hu: Any, renderer: PriorRenderer | None = None, places: SlicePlaces | None = None
) -> Any:
    """Logits of HU slices: int16 `[n, H, W, C]` -> float `[n, H, W, outputs]`, with the network in inference mode."""
    image = normalise(hu, card.window_hu, card.mean, card.sd)
    return network(network_inputs(image, renderer, places), training=False)


def read_renderer(folder: Path, card: SegmenterCard) -> PriorRenderer | None:
    """What renders the prior of a segmenter; none for one without. Raises `TfpartialError` when its prior is gone or damaged."""
    return None if card.prior is None else PriorRenderer(read_prior(folder), card.size)


def place_specs(organs: int, batch: int | None) -> SlicePlaces:
    """What a compiled function takes as `SlicePlaces`."""
    return SlicePlaces(tf.TensorSpec((batch, organs, 3), tf.float32), tf.TensorSpec((batch, 3), tf.float32))


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
            return decode(logits_of(hu, centre_mm, spacing_mm), card.method)

        def labels_and_probabilities(hu: tf.Tensor, centre_mm: tf.Tensor, spacing_mm: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            logits = logits_of(hu, centre_mm, spacing_mm)
            return decode(logits, card.method), probabilities(logits, card.method)

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
