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
    if network.input_shape[1:] != shape:
        raise TfpartialError(f"network: expected input {shape} as its card says, got {network.input_shape[1:]}")
    return tf.TensorSpec((batch, *shape), tf.int16)


def fixed_batches(hu: np.ndarray, batch: int) -> Iterator[tuple[np.ndarray, int]]:
    """Batches of the fixed size, and how many slices of each count: the last one is filled up with its last slice."""
    for start in range(0, len(hu), batch):
        part = hu[start : start + batch]
        missing = batch - len(part)
        yield np.pad(part, [(0, missing), (0, 0), (0, 0), (0, 0)], mode="edge"), len(part)


def network_logits(network: keras.Model, card: SegmenterCard, hu: Any) -> Any:
    """Logits of HU slices: int16 `[n, H, W, C]` -> float `[n, H, W, outputs]`, with the network in inference mode."""
    return network(normalise(hu, card.window_hu, card.mean, card.sd), training=False)


class Predictor:
    """Segments slices in one compiled function per batch; the batch has a fixed shape, so it is compiled once.

    Args:
        network: normalised HU -> logits.
        card: how the network was trained.
        batch: slices per step.

    Raises:
        TfpartialError: no slice per step, or the network does not take the slices that the card describes.
    """

    def __init__(self, network: keras.Model, card: SegmenterCard, batch: int = 8) -> None:
        self.card = card
        self.batch = batch
        signature = [slices_spec(network, card, batch)]
        options = {"input_signature": signature, "jit_compile": choose_jit("auto"), "autograph": False}

        def labels(hu: tf.Tensor) -> tf.Tensor:
            return decode(network_logits(network, card, hu), card.method)

        def labels_and_probabilities(hu: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            logits = network_logits(network, card, hu)
            return decode(logits, card.method), probabilities(logits, card.method)

        self._labels = tf.function(labels, **options)
        self._both = tf.function(labels_and_probabilities, **options)

    @classmethod
    def load(cls, folder: Path, checkpoint: str = "last", batch: int = 8) -> Predictor:
        """From a stage folder of `train`. Raises `TfpartialError` when its files are not there or do not fit."""
        return cls(load_network(folder, checkpoint), read_card(folder), batch)

    def labels(self, hu: np.ndarray) -> np.ndarray:
        """Label map of any number of slices: int16 `[n, H, W, C]` -> uint8 `[n, H, W]`."""
        return np.concatenate([self._labels(part).numpy()[:count] for part, count in fixed_batches(hu, self.batch)])

    def labels_and_probabilities(self, hu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Label map uint8 `[n, H, W]` and probabilities float32 `[n, H, W, K]` of int16 `[n, H, W, C]`."""
        parts = [[output.numpy()[:count] for output in self._both(part)] for part, count in fixed_batches(hu, self.batch)]
        labels, probability = zip(*parts, strict=True)
        return np.concatenate(labels), np.concatenate(probability)
