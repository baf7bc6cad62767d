"""Where to look at a slice from near."""

from __future__ import annotations

import numpy as np

MARGIN_MM = 12.0
SMALLEST_MM = 70.0


def close_up(shown: np.ndarray, pixel_mm: tuple[float, float]) -> tuple[slice, slice]:
    """Rows and columns of the box around what is shown, with a margin, at least 70 mm wide and high where the slice is.

    Args:
        shown: bool `[rows, columns]` with a true place.
        pixel_mm: height and width of a pixel.
    """
    return _extent(np.any(shown, axis=1), pixel_mm[0]), _extent(np.any(shown, axis=0), pixel_mm[1])


def _extent(occupied: np.ndarray, size_mm: float) -> slice:
    places, length = np.flatnonzero(occupied), len(occupied)
    wanted = max(SMALLEST_MM / size_mm, places[-1] - places[0] + 1 + 2 * MARGIN_MM / size_mm)
    wanted = min(length, round(wanted))
    middle = (places[0] + places[-1] + 1) // 2
    start = int(np.clip(middle - wanted // 2, 0, length - wanted))
    return slice(start, start + wanted)
