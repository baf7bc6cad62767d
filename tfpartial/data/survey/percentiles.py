"""Percentiles of real numbers that do not fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

HALF_BITS = 16
HALF = 1 << HALF_BITS
"""Values of one half of the bits of a float32."""
SIGN = np.uint32(1 << 31)


def float_percentiles(parts: Callable[[], Iterable[np.ndarray]], shares: Sequence[float]) -> list[float]:
    """What `numpy.percentile` gives for the voxels as float32 (linear between neighbours), in two passes and constant memory.

    The bits of a float32 are counted as a whole number of the same order: first their upper half, then the lower half of those
    numbers that are near a percentile.

    Args:
        parts: gives the voxels, finite and of any shape, anew at each call.
        shares: 0..100.

    Returns:
        one number per share; NaN without a voxel.
    """
    upper = np.zeros(HALF, np.int64)
    for part in parts():
        upper += np.bincount(_ordered(part) >> HALF_BITS, minlength=HALF)
    ends = np.cumsum(upper)
    if not ends[-1]:
        return [np.nan for _ in shares]
    places = np.asarray(shares, np.float64) / 100 * (ends[-1] - 1)
    ranks = np.stack([np.floor(places), np.ceil(places)]).astype(np.int64)  # [2, shares]
    halves = np.searchsorted(ends, ranks, side="right")
    lower = {half: np.zeros(HALF, np.int64) for half in np.unique(halves).tolist()}
    for part in parts():
        ordered = _ordered(part)
        for half, counts in lower.items():
            counts += np.bincount(ordered[ordered >> HALF_BITS == half] & (HALF - 1), minlength=HALF)
    before = ends - upper
    found = [
        _number(half, int(np.searchsorted(np.cumsum(lower[half]), rank - before[half], side="right")))
        for half, rank in zip(halves.ravel().tolist(), ranks.ravel().tolist(), strict=True)
    ]
    below, above = np.reshape(found, ranks.shape)
    return (below + (above - below) * (places - ranks[0])).tolist()


def _ordered(numbers: np.ndarray) -> np.ndarray:
    """uint32 `[n]` in the order of the numbers: of negative ones all bits are turned, of others the sign."""
    bits = np.ascontiguousarray(numbers, np.float32).ravel().view(np.uint32)
    return np.where(bits & SIGN, ~bits, bits | SIGN)


def _number(upper: int, lower: int) -> float:
    """The number of two halves of `_ordered`."""
    ordered = np.uint32(upper << HALF_BITS | lower)
    bits = ordered ^ SIGN if ordered & SIGN else ~ordered
    return float(np.array(bits, np.uint32).view(np.float32))
