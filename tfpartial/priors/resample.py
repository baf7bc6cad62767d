"""Weights by which samples along one axis are taken from others (numpy only)."""

from __future__ import annotations

import numpy as np


def sampling_matrix(count: int, spacing: float, places: np.ndarray, step: float, nearest: bool = False) -> np.ndarray:
    """Rows of weights: `matrix @ values` are the values at `places`.

    Linear where the places are as dense as the values, else an average over about `step` (tents of that width). What is outside
    the values counts as 0, and a place that has only such neighbours gets none.

    Args:
        count: number of values, N; value i is at `i * spacing`.
        spacing: their distance.
        places: `[n]`, where values are wanted.
        step: distance of the places.
        nearest: take the nearest value instead.

    Returns:
        float32 `[n, N]`; rows sum to 1 inside, to less at the ends.
    """
    index = np.asarray(places, float)[:, None] / spacing
    if nearest:
        return (np.floor(index + 0.5) == np.arange(count)).astype(np.float32)
    width = max(step / spacing, 1.0)
    beyond = int(np.ceil(width))
    tents = np.maximum(0.0, 1.0 - np.abs(index - np.arange(-beyond, count + beyond)) / width)
    sums = tents.sum(axis=1, keepdims=True)  # with what is outside, so that a place at the end is not filled up
    weights = np.divide(tents, sums, out=np.zeros_like(tents), where=sums > 0)
    return weights[:, beyond : beyond + count].astype(np.float32)


def centred_places(count: int, step: float, centre: float) -> np.ndarray:
    """`count` places, `step` apart, in equal numbers on both sides of `centre`."""
    return centre + (np.arange(count) - (count - 1) / 2) * step
