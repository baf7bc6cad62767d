"""The range and the histogram of the numbers of a case, channel by channel."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tfpartial.data.hu import BINS, DEEPEST, HU_LOWEST, deep_histogram, hu_histogram
from tfpartial.data.number_map import NumberRange, to_hu
from tfpartial.data.volumes.slabs import SLAB, SlabReader

SAMPLE = 1 << 16
"""About as many voxels of a slab stand for all in the percentiles."""
CENTRE = (0.5, 99.5)


@dataclass
class ChannelStatistics:
    """The numbers of one channel, all voxels.

    Args:
        lowest, highest: the range.
        rounding: the largest distance of a number from the nearest whole one.
        histogram: int64 `[4096]`, of the whole numbers, see `hu.hu_histogram`.
        deep: int64 `[3072]`, see `hu.deep_histogram`.
    """

    lowest: float = np.inf
    highest: float = -np.inf
    rounding: float = 0.0
    histogram: np.ndarray = field(default_factory=lambda: np.zeros(BINS, np.int64))
    deep: np.ndarray = field(default_factory=lambda: np.zeros(HU_LOWEST - DEEPEST, np.int64))
    _sample: list[np.ndarray] = field(default_factory=list)

    def add(self, numbers: np.ndarray) -> None:
        """Counts voxels, int16 or float32 of any shape."""
        lowest = float(numbers.min())
        self.lowest = min(self.lowest, lowest)
        self.highest = max(self.highest, float(numbers.max()))
        if numbers.dtype != np.int16:
            self.rounding = max(self.rounding, float(np.abs(numbers - np.rint(numbers)).max()))
        hu, _ = to_hu(numbers)
        self.histogram += hu_histogram(hu)
        if lowest < HU_LOWEST:
            self.deep += deep_histogram(hu)
        self._sample.append(numbers.ravel()[:: max(1, numbers.size // SAMPLE)].copy())  # a view would keep the whole slab

    def range(self) -> NumberRange:
        """What the choice of a `NumberMap` needs to know."""
        if not self.rounding:  # whole numbers lose nothing, whatever their range
            return NumberRange(self.lowest, self.highest, self.lowest, self.highest, self.rounding)
        low, high = np.percentile(np.concatenate(self._sample), CENTRE).tolist()
        return NumberRange(self.lowest, self.highest, low, high, self.rounding)


def channel_statistics(reader: SlabReader) -> list[ChannelStatistics]:
    """Reads all slices once. Raises `FileError` when a file cannot be read to its end."""
    channels = [ChannelStatistics() for _ in reader.images]
    for _, slab in reader.numbers(SLAB):
        for number, channel in enumerate(channels):
            channel.add(slab[..., number])
    return channels
