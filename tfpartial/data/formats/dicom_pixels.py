"""The grey values of one DICOM slice."""

from __future__ import annotations

import numpy as np

from tfpartial.data.formats.dicom_slice import Slice
from tfpartial.data.formats.dicom_stored import stored_numbers
from tfpartial.data.formats.dicom_table import through_table

AIR_HU = -1024
"""What stands for pixels of a CT slice that were not measured: the lowest value of the 12-bit HU scale."""
ABOVE_SCALE_HU = 31000
"""No CT number is as high: extended scales end at 30710."""


def padding_range(one: Slice, air: float) -> tuple[float, float] | None:
    """The rescaled values of pixels that a CT slice calls not measured, when no tissue has them; else None.

    Padding that lies on the HU scale (0 in a file with intercept 0, for instance) is left alone: tissue has these values too.
    Padding below zero that was written without a sign lies above the scale. A table has a number for its padding.
    """
    if one.padding is None or one.modality != "CT" or one.table is not None:
        return None
    low, high = sorted(end * one.slope + one.intercept for end in one.padding)
    return (low, high) if low < air or low - air > ABOVE_SCALE_HU else None


def read_pixels(one: Slice, air: float) -> np.ndarray:
    """Rescaled pixels `[Y, X]`: stored numbers by the slice's own table, or slope and intercept; padding beside the scale becomes
    `air`.

    They stay whole numbers (int64) when these three are; else they are float64.

    Args:
        one: the slice.
        air: the value of air in these files.

    Raises:
        FileError: as `stored_numbers` and `through_table`.
    """
    stored = stored_numbers(one.path, one.size_yx)
    if one.table is not None:
        return through_table(one.path, stored)
    whole = stored.dtype.kind in "iu" and all(number.is_integer() for number in map(float, (one.slope, one.intercept, air)))
    kind = np.int64 if whole else np.float64
    pixels = stored.astype(kind) * kind(one.slope) + kind(one.intercept)
    padding = padding_range(one, air)
    if padding is not None:
        beside = (pixels < air) | (pixels - air > ABOVE_SCALE_HU)
        pixels[(pixels >= padding[0] - 0.5) & (pixels <= padding[1] + 0.5) & beside] = air
    return pixels
