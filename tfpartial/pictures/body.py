"""Where the body is in a slice."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

BODY_HU = -500
MARGIN = 0.03


def body_box(hu: np.ndarray, shown: np.ndarray) -> tuple[slice, slice]:
    """The box around the body, the largest connected part that is no air, with a small margin.

    Args:
        hu: HU `[rows, columns]`.
        shown: bool `[rows, columns]`: what must not be cut off, too.

    Returns:
        Rows and columns; all of them when there is nothing but air.
    """
    components, count = ndimage.label(hu > BODY_HU)
    kept = shown.copy()
    if count:
        kept |= components == np.bincount(components.ravel())[1:].argmax() + 1
    if not kept.any():
        return slice(0, hu.shape[0]), slice(0, hu.shape[1])
    rows, columns = np.any(kept, axis=1), np.any(kept, axis=0)
    return _extent(rows), _extent(columns)


def _extent(occupied: np.ndarray) -> slice:
    """From the first to the last true place of bool `[n]`, and a margin."""
    places = np.flatnonzero(occupied)
    margin = 1 + round(MARGIN * (places[-1] - places[0]))
    return slice(max(0, places[0] - margin), places[-1] + 1 + margin)
