"""The range and the histogram of the HU of a case, channel by channel."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tfpartial.data.hu import BINS, hu_histogram
from tfpartial.data.volumes.slabs import INT16, SLAB, SlabReader


@dataclass
class ChannelStatistics:
    """HU of one channel, all voxels.

    Args:
        lowest, highest: the range.
        histogram: int64 `[4096]`, see `hu.hu_histogram`.
    """

    lowest: int = INT16.max
    highest: int = INT16.min
    histogram: np.ndarray = field(default_factory=lambda: np.zeros(BINS, np.int64))

    def add(self, hu: np.ndarray) -> None:
        """Counts voxels, int16 of any shape."""
        self.lowest = min(self.lowest, int(hu.min()))
        self.highest = max(self.highest, int(hu.max()))
        self.histogram += hu_histogram(hu)


def channel_statistics(reader: SlabReader) -> list[ChannelStatistics]:
    """Reads all slices once. Raises `FileError` when a file cannot be read to its end."""
    channels = [ChannelStatistics() for _ in reader.images]
    for _, slab in reader.slabs(SLAB):
        for number, channel in enumerate(channels):
            channel.add(slab[..., number])
    return channels
