"""Grey slice with label colours laid over it."""

from __future__ import annotations

import numpy as np

from tfpartial.labels import BACKGROUND, IGNORE
from tfpartial.pictures.colours import organ_colours

OPACITY = 0.5


def blend(hu: np.ndarray, label: np.ndarray, window_hu: tuple[float, float]) -> np.ndarray:
    """Lays label colours over a slice.

    Args:
        hu: the numbers `[H, W]`, int16 or float32.
        label: uint8 `[H, W]`, codes 0, 1..K, 255.
        window_hu: HU shown as black and as white.

    Returns:
        RGB, float32 in 0..1, `[H, W, 3]`.
    """
    low, high = window_hu
    grey = np.clip((hu.astype("float32") - low) / (high - low), 0, 1)
    picture = np.repeat(grey[..., None], 3, axis=-1)
    organ = (label != BACKGROUND) & (label != IGNORE)
    colours = organ_colours(IGNORE - 1).astype("float32")
    picture[organ] = (1 - OPACITY) * picture[organ] + OPACITY * colours[label[organ] - 1]
    return picture
