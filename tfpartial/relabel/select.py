"""The surest of the predicted positives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from keras import ops

from tfpartial.errors import TfpartialError
from tfpartial.relabel.candidates import Slab
from tfpartial.relabel.volume_selection import VolumeSelection

CHUNK = 1 << 24
"""Voxels looked at at a time: what is computed of them needs some 300 MB."""
ORGAN = 1
Array = Any


def select_top(probability: Array, confidence: Array, share: float) -> Array:
    """Among the voxels with probability of at least 0.5, the share with the highest confidence (thesis, Algorithm 1: s(ŷ+, γ)).

    Of n such voxels round-half-up(share · n) are selected, exactly; of equal confidences those that come first in the array
    (C order). The rule is that of `relabel`: the voxels pass chunk by chunk through a `VolumeSelection` of one organ, so that
    beside the arrays themselves the memory is that of a chunk. Arrays on a device are computed with on the host.

    Args:
        probability: float `[...]`, of one organ over a whole volume.
        confidence: float `[...]`, of the same shape; compared in float32.
        share: γ, from 0 to 1.

    Returns:
        bool of the same shape: a numpy array for numpy arrays, else an array of Keras's backend.

    Raises:
        TfpartialError: shapes differ, a share outside 0..1, or NaN in probability or confidence.
    """
    on_host = isinstance(probability, np.ndarray) and isinstance(confidence, np.ndarray)
    shape, other = tuple(np.shape(probability)), tuple(np.shape(confidence))
    if shape != other:
        raise TfpartialError(f"select_top: expected probability and confidence of one shape, got {shape} and {other}")
    if not 0 <= share <= 1:
        raise TfpartialError(f"select_top: expected a share from 0 to 1, got {share}")
    with VolumeSelection(ORGAN) as selection:
        for slab in _slabs(_flat(probability), _flat(confidence)):
            selection.add(slab)
        parts = [organ == ORGAN for _, organ, _ in selection.selected(selection.top({ORGAN: share}))]
    selected = np.concatenate(parts).reshape(shape) if parts else np.zeros(shape, bool)
    return selected if on_host else ops.convert_to_tensor(selected)


def _flat(array: Array) -> Array:
    return array.reshape(-1) if isinstance(array, np.ndarray) else ops.reshape(array, (-1,))


def _slabs(probability: Array, confidence: Array) -> Iterator[Slab]:
    """The flat arrays in chunks, with the positives as candidates of the one organ."""
    for start in range(0, len(probability), CHUNK):
        part = _chunk("probability", probability, start)
        yield start, (part >= 0.5).astype(np.uint8), _chunk("confidence", confidence, start).astype(np.float32)


def _chunk(name: str, array: Array, start: int) -> np.ndarray:
    part = ops.convert_to_numpy(array[start : start + CHUNK])
    if np.isnan(part).any():
        raise TfpartialError(f"select_top: expected numbers, got NaN in {name}")
    return part
