"""Exact ranks of confidences without sorting: a histogram of the upper half of each number's bits, then one of the lower half.

Read as integers, the bits of positive floats are in the order of the floats; `ordered_keys` brings the negative ones in order
too. Two histograms of 65,536 bins then find the k-th highest of any number of values, exactly, in memory that does not depend
on how many they are.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np

HALF_BITS = 16
BINS = 1 << HALF_BITS
_SIGNLESS = np.int32(0x7FFFFFFF)
_TINY = np.finfo(np.float32).tiny
_MIDDLE = BINS // 2


class Cut(NamedTuple):
    """Where the highest ones of many values end.

    Args:
        key: key of the last one that is chosen.
        ties: how many with just this key are chosen; all above it are.
    """

    key: int
    ties: int


def ordered_keys(confidence: np.ndarray) -> np.ndarray:
    """int32 keys with the order of float32 values.

    0, -0 and subnormal numbers (below 1.2e-38) have one key: devices, where confidences come from, differ in whether they
    compute with subnormals.
    """
    bits = np.where(np.abs(confidence) < _TINY, np.float32(0), confidence).view(np.int32)
    return bits ^ ((bits >> 31) & _SIGNLESS)


def upper(keys: np.ndarray) -> np.ndarray:
    """The upper half of the keys, 0..65535 in their order."""
    return (keys >> HALF_BITS) + _MIDDLE


def lower(keys: np.ndarray) -> np.ndarray:
    """The lower half of the keys, 0..65535 in their order."""
    return keys & (BINS - 1)


def share_of(count: int, share: float) -> int:
    """round-half-up(share · count), computed exactly for the share as it is written."""
    return int(Fraction(str(float(share))) * count + Fraction(1, 2))


def highest_bin(counts: np.ndarray, wanted: int) -> tuple[int, int]:
    """The bin in which the `wanted`-th highest value is, and how many of the wanted ones are left for it.

    Args:
        counts: int `[65536]`.
        wanted: 1 or more, at most the sum of the counts.
    """
    from_above = np.cumsum(counts[::-1])
    place = int(np.searchsorted(from_above, wanted))
    above = int(from_above[place - 1]) if place else 0
    return len(counts) - 1 - place, wanted - above


def key_of(upper_half: int, lower_half: int) -> int:
    """The key with these halves."""
    return ((upper_half - _MIDDLE) << HALF_BITS) | lower_half


def counted(values: np.ndarray) -> np.ndarray:
    """How often each of 0..65535 occurs, int64 `[65536]`."""
    return np.bincount(values, minlength=BINS)
