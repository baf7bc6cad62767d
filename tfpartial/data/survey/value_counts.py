"""How often each number occurs: exact statistics of voxels that are no longer there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

INT16 = np.iinfo(np.int16)
VALUES = INT16.max - INT16.min + 1


@dataclass(frozen=True)
class ValueCounts:
    """The distinct numbers of a set of voxels. Counts of several sets can be added, in any order, without rounding.

    Args:
        values: int16 `[n]`, ascending.
        counts: int64 `[n]`, each 1 or more.
    """

    values: np.ndarray
    counts: np.ndarray

    @classmethod
    def of_table(cls, table: np.ndarray) -> ValueCounts:
        """From the counts of all numbers that int16 has, int64 `[65536]`."""
        places = np.flatnonzero(table)
        return cls((places + INT16.min).astype(np.int16), table[places])

    @classmethod
    def sum(cls, parts: Iterable[ValueCounts]) -> ValueCounts:
        """The counts of all voxels of `parts`."""
        table = np.zeros(VALUES, np.int64)
        for part in parts:
            table[part.values.astype(np.int64) - INT16.min] += part.counts
        return cls.of_table(table)

    @property
    def total(self) -> int:
        """Number of voxels."""
        return int(self.counts.sum())

    @property
    def mean(self) -> float:
        """NaN without a voxel."""
        return float(self.values.astype(np.float64) @ self.counts) / self.total if self.total else np.nan

    @property
    def sd(self) -> float:
        """Standard deviation of the voxels (not an estimate from a sample); NaN without a voxel."""
        return float(np.sqrt(np.square(self.values - self.mean) @ self.counts / self.total)) if self.total else np.nan

    def percentiles(self, shares: Iterable[float]) -> list[float]:
        """What `numpy.percentile` gives for the voxels (linear between neighbours); NaN without a voxel.

        Args:
            shares: 0..100.
        """
        if not self.total:
            return [np.nan for _ in shares]
        places = np.asarray(list(shares), dtype=np.float64) / 100 * (self.total - 1)
        below = np.floor(places)
        ends = np.cumsum(self.counts)
        first = self.values[np.searchsorted(ends, below, side="right")].astype(np.float64)
        second = self.values[np.searchsorted(ends, np.ceil(places), side="right")]
        return (first + (second - first) * (places - below)).tolist()


def count_table(numbers: np.ndarray) -> np.ndarray:
    """Counts of all numbers that int16 has, int64 `[65536]`, of int16 voxels of any shape."""
    return np.bincount(numbers.ravel().astype(np.int32) - INT16.min, minlength=VALUES)
