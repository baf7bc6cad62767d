"""Histogram of the CT numbers of a case, and the statistics of any HU window from it.

A histogram is kept instead of a mean: the window and the training cases may change without another look at the volumes.
"""

from __future__ import annotations

import numpy as np

from tfpartial.data.number_map import INT16, PLAIN, NumberMap
from tfpartial.errors import TfpartialError

HU_LOWEST, HU_HIGHEST = -1024, 3071
"""Range of a 12 bit CT number; values outside count at the ends."""
BINS = HU_HIGHEST - HU_LOWEST + 1
DEEPEST = -4096
SCALED_BINS = INT16.max - INT16.min + 1


def stored_histogram(stored: np.ndarray, number_map: NumberMap) -> np.ndarray:
    """Counts of a channel, int64: of HU `[4096]`, as `hu_histogram`; of scaled numbers `[65536]`, all that int16 has.

    Floats are counted as the int16 that the map makes of them.
    """
    if number_map.values != "int16":
        stored, _ = number_map.to_int16(stored.astype(np.float64))
    if number_map.plain:
        return hu_histogram(stored)
    return np.bincount(stored.ravel().astype(np.int32) - INT16.min, minlength=SCALED_BINS)


def bins_of(number_map: NumberMap) -> int:
    """Length of the histogram of a channel."""
    return BINS if number_map.plain else SCALED_BINS


def hu_histogram(hu: np.ndarray) -> np.ndarray:
    """Counts of the integer values -1024..3071.

    Args:
        hu: int16, any shape, HU; values outside are counted at the nearer end.

    Returns:
        int64 `[4096]`.
    """
    places = np.clip(hu, HU_LOWEST, HU_HIGHEST) - np.int16(HU_LOWEST)
    return np.bincount(places.ravel(), minlength=BINS)


def deep_histogram(hu: np.ndarray) -> np.ndarray:
    """Counts of the numbers below all HU, int64 `[3072]` of -4096..-1025: padding, or air that was shifted twice."""
    places = hu[(hu >= DEEPEST) & (hu < HU_LOWEST)].astype(np.int32) - DEEPEST
    return np.bincount(places, minlength=HU_LOWEST - DEEPEST)


def window_statistics(
    histogram: np.ndarray, window_hu: tuple[float, float], number_map: NumberMap = PLAIN
) -> tuple[float, float]:
    """Mean and standard deviation of the voxels after clipping to a window.

    Args:
        histogram: int64, of `stored_histogram`, or a sum of such.
        window_hu: lowest and highest number; what lies outside counts at the nearer end.
        number_map: what makes numbers of the stored ones.

    Returns:
        mean and standard deviation, HU or the unit of the numbers.

    Raises:
        TfpartialError: a window that is not a range, no voxel, or all voxels alike inside the window.
    """
    low, high = window_hu
    if not low < high:
        raise TfpartialError(f"window_hu: expected lowest < highest, got {low:g}, {high:g}")
    count = int(histogram.sum())
    if count == 0:
        raise TfpartialError("HU statistics: the histogram has no voxel")
    first = HU_LOWEST if number_map.plain else INT16.min
    stored = np.arange(first, first + len(histogram), dtype=np.float64)
    values = np.clip(stored * number_map.slope + number_map.intercept, low, high)
    mean = float(histogram @ values) / count
    sd = float(np.sqrt(histogram @ np.square(values - mean) / count))
    if sd == 0:
        raise TfpartialError(f"window_hu: all voxels have the value {mean:g} inside {low:g}..{high:g}; choose a wider window")
    return mean, sd
