"""Whole volumes as LPS arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfpartial.data.files import ImageFile, Step
from tfpartial.data.geometry import Geometry
from tfpartial.data.volumes.slabs import SlabReader


@dataclass(frozen=True)
class Volume:
    """Args:
    array: the numbers `[Z, Y, X, C]` in LPS: int16 (HU), or float32 where they are fractions or beyond int16.
    native: the stored grid.
    history: what was done to it.
    """

    array: np.ndarray
    native: Geometry
    history: tuple[Step, ...] = ()

    @property
    def spacing_mm_zyx(self) -> tuple[float, float, float]:
        """Spacing along the first three axes of `array`."""
        return self.native.spacing_mm_zyx


def read_volume(images: Sequence[ImageFile]) -> Volume:
    """The channels of one case as one array.

    Args:
        images: one per channel.

    Raises:
        FileError: a file that cannot be read, NaN or infinite voxels, channels on different grids.
    """
    reader = SlabReader(images)
    ((_, array),) = reader.numbers(reader.shape_zyx[0])
    return Volume(array, reader.native, reader.history)
