"""The network of a trained segmenter: its file, and the way from HU to logits."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import tfpartial.models  # noqa: F401  a saved network finds its layers by this import
from tfpartial.artifacts import atomic_file
from tfpartial.checksums import require_intact, require_whole_zip
from tfpartial.data.number_map import dtype_of
from tfpartial.errors import TfpartialError
from tfpartial.priors.inputs import network_inputs
from tfpartial.priors.render import PriorRenderer, SlicePlaces
from tfpartial.priors.spatial_prior import read_prior
from tfpartial.segmenter.card import SegmenterCard, import_brought_layers
from tfpartial.segmenter.preprocess import normalise


def load_network(folder: Path, checkpoint: str) -> keras.Model:
    """The network of a stage folder of `train`.

    Args:
        folder: stage folder.
        checkpoint: `best` or `last`.

    Raises:
        TfpartialError: the checkpoint is not there, or it is not a whole `.keras` file; no readable card beside it, or a network
            of code that is not installed.
    """
    path = folder / f"{checkpoint}.keras"
    if not path.is_file():
        raise TfpartialError(f"{folder}: expected a stage folder of `train` with {path.name}, which is not there")
    import_brought_layers(folder)
    return read_network(path)


def read_network(path: Path) -> keras.Model:
    """The network of a `.keras` file. Raises `TfpartialError` when it is not a whole one, or has weights that are not finite."""
    # Keras reads the weights here and there in the zip, past its checksums.
    if not require_intact(path):
        require_whole_zip(path, "a network that Keras can load")
    try:
        network = keras.saving.load_model(path, safe_mode=True, compile=False)
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TfpartialError(f"{path}: expected a network that Keras can load, got: {reason}") from error
    wrong = infinite_layers(network)
    if wrong:
        raise TfpartialError(f"{path}: expected finite weights, got NaN or infinity in layer {', '.join(wrong[:3])}")
    return network


def infinite_layers(network: keras.Model) -> list[str]:
    """Names of the layers that hold a weight which is NaN or infinite."""
    return [layer.name for layer in network.layers if any(not np.isfinite(weight).all() for weight in layer.get_weights())]


def save_network(network: keras.Model, path: Path) -> None:
    """Writes a `.keras` file atomically."""
    with atomic_file(path) as temporary:
        network.save(temporary)


def slices_spec(network: keras.Model, card: SegmenterCard, batch: int) -> tf.TensorSpec:
    """What a compiled function of the network takes: HU `[batch, H, W, C]` as the card says that they are stored.

    Raises:
        TfpartialError: no slice per step, or the network does not take the slices that the card describes.
    """
    if batch < 1:
        raise TfpartialError(f"batch: expected 1 or more slices, got {batch}")
    shape = (*card.size, len(card.channel_names))
    taken = tuple(network.inputs[0].shape[1:])
    if taken != shape:
        raise TfpartialError(f"network: expected input {shape} as its card says, got {taken}")
    return tf.TensorSpec((batch, *shape), dtype_of(card.number_maps))


def fixed_batches(batch: int, *arrays: np.ndarray) -> Iterator[tuple[tuple[np.ndarray, ...], int]]:
    """Batches of the fixed size of arrays over the same slices, and how many slices of each count: the last one is filled up."""
    for start in range(0, len(arrays[0]), batch):
        parts = [array[start : start + batch] for array in arrays]
        missing = batch - len(parts[0])
        yield tuple(np.pad(part, [(0, missing)] + [(0, 0)] * (part.ndim - 1), mode="edge") for part in parts), batch - missing


def network_logits(
    network: keras.Model, card: SegmenterCard, hu: Any, renderer: PriorRenderer | None = None, places: SlicePlaces | None = None
) -> Any:
    """Logits of stored HU slices: `[n, H, W, C]` -> float `[n, H, W, outputs]`, with the network in inference mode."""
    image = normalise(hu, *card.scale)
    return network(network_inputs(image, renderer, places), training=False)


def read_renderer(folder: Path, card: SegmenterCard) -> PriorRenderer | None:
    """What renders the prior of a segmenter; none for one without. Raises `TfpartialError` when its prior is gone or damaged."""
    return None if card.prior is None else PriorRenderer(read_prior(folder), card.size)


def place_specs(organs: int, batch: int | None) -> SlicePlaces:
    """What a compiled function takes as `SlicePlaces`."""
    return SlicePlaces(tf.TensorSpec((batch, organs, 3), tf.float32), tf.TensorSpec((batch, 3), tf.float32))
