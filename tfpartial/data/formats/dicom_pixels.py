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

    They stay whole numbers when these three are, int32 where none can be beyond it, else int64; else they are float64.

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
    kind = _whole_kind(stored.dtype, (one.slope, one.intercept, air)) if whole else np.dtype("f8")
    pixels: np.ndarray = stored.astype(kind)
    pixels *= kind.type(one.slope)
    pixels += kind.type(one.intercept)
    padding = padding_range(one, air)
    if padding is not None:
        beside = (pixels < air) | (pixels - air > ABOVE_SCALE_HU)
        pixels[(pixels >= padding[0] - 0.5) & (pixels <= padding[1] + 0.5) & beside] = air
    return pixels


def _whole_kind(stored: np.dtype, line: tuple[float, float, float]) -> np.dtype:
    """The type that holds whole numbers of a type when they have been rescaled: `line` is slope, intercept and air."""
    slope, intercept, air = map(abs, line)
    most = max(abs(int(np.iinfo(stored).min)), int(np.iinfo(stored).max)) * slope + intercept + air
    return np.dtype("i4" if most <= np.iinfo("i4").max else "i8")
