"""The surest of the predicted positives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from keras import ops

from tfpartial.errors import TfpartialError
from tfpartial.relabel.ordering import BINS, Cut, counted, highest_bin, key_of, lower, ordered_keys, share_of, upper

CHUNK = 1 << 24
"""Voxels looked at at a time: what is computed of them needs some 300 MB on the device."""
Array = Any


def select_top(probability: Array, confidence: Array, share: float) -> Array:
    """Among the voxels with probability of at least 0.5, the share with the highest confidence (thesis, Algorithm 1: s(ŷ+, γ)).

    Of n such voxels round-half-up(share · n) are selected, exactly; of equal confidences those that come first in the array
    (C order). Nothing is sorted: see `ordering`. Beside the arrays themselves the memory is that of a chunk of the volume.

    Args:
        probability: float `[...]`, of one organ over a whole volume.
        confidence: float `[...]`, of the same shape; compared in float32.
        share: γ, from 0 to 1.

    Returns:
        bool of the same shape: a numpy array for numpy arrays, else an array of Keras's backend, on its device.

    Raises:
        TfpartialError: shapes differ, a share outside 0..1, or NaN in probability or confidence.
    """
    on_host = isinstance(probability, np.ndarray) and isinstance(confidence, np.ndarray)
    probability, confidence = (_as_array(array) for array in (probability, confidence))
    if tuple(probability.shape) != tuple(confidence.shape):
        raise TfpartialError(
            f"select_top: expected probability and confidence of one shape, got {tuple(probability.shape)} "
            f"and {tuple(confidence.shape)}"
        )
    if not 0 <= share <= 1:
        raise TfpartialError(f"select_top: expected a share from 0 to 1, got {share}")
    shape = tuple(probability.shape)
    flat = ops.reshape(probability, (-1,)), ops.reshape(confidence, (-1,))
    cut = _cut(*flat, share)
    parts = list(_selected(*flat, cut))
    if on_host:
        return np.concatenate([ops.convert_to_numpy(part) for part in parts]).reshape(shape) if parts else np.zeros(shape, bool)
    return ops.reshape(ops.concatenate(parts), shape) if parts else ops.zeros(shape, "bool")


def _as_array(array: Array) -> Array:
    return array if isinstance(array, np.ndarray) else ops.convert_to_tensor(array)


def _chunks(probability: Array, confidence: Array) -> Iterator[tuple[Array, Array]]:
    """Candidates, bool, and keys, int32, chunk by chunk, on the device."""
    for start in range(0, int(probability.shape[0]), CHUNK):
        part = ops.convert_to_tensor(probability[start : start + CHUNK])
        sure = ops.cast(ops.convert_to_tensor(confidence[start : start + CHUNK]), "float32")
        yield ops.greater_equal(part, 0.5), ordered_keys(sure)


def _cut(probability: Array, confidence: Array, share: float) -> Cut | None:
    """Where the selected ones end; none when nothing is selected."""
    _refuse_nan(probability, confidence)
    counts = np.zeros(BINS, np.int64)
    for chosen, keys in _chunks(probability, confidence):
        counts += counted(upper(keys), chosen)
    wanted = share_of(int(counts.sum()), share)
    if not wanted:
        return None
    place, left = highest_bin(counts, wanted)
    counts = np.zeros(BINS, np.int64)
    for chosen, keys in _chunks(probability, confidence):
        counts += counted(lower(keys), ops.logical_and(chosen, ops.equal(upper(keys), place)))
    low, ties = highest_bin(counts, left)
    return Cut(key_of(place, low), ties)


def _refuse_nan(probability: Array, confidence: Array) -> None:
    for name, array in (("probability", probability), ("confidence", confidence)):
        for start in range(0, int(array.shape[0]), CHUNK):
            if bool(ops.any(ops.isnan(ops.convert_to_tensor(array[start : start + CHUNK])))):
                raise TfpartialError(f"select_top: expected numbers, got NaN in {name}")


def _selected(probability: Array, confidence: Array, cut: Cut | None) -> Iterator[Array]:
    ties = cut.ties if cut else 0
    for chosen, keys in _chunks(probability, confidence):
        if cut is None:
            yield ops.zeros_like(chosen)
            continue
        equal = ops.logical_and(chosen, ops.equal(keys, cut.key))
        first = ops.logical_and(equal, ops.less_equal(ops.cumsum(ops.cast(equal, "int32")), ties))
        yield ops.logical_or(first, ops.logical_and(chosen, ops.greater(keys, cut.key)))
        ties -= int(ops.sum(ops.cast(first, "int32")))
