"""One colour per organ, the same in every picture."""

from __future__ import annotations

import colorsys

import numpy as np

PALETTE = (
    "#ff5d5d",
    "#4cc9f0",
    "#ffd166",
    "#7ae582",
    "#c792ea",
    "#ff9f4a",
    "#f78fb3",
    "#2dd4bf",
    "#a3e635",
    "#8aa9ff",
)
"""Light, saturated colours that stand out from grey tissue and from each other."""
GOLDEN_RATIO = 0.618034


def organ_colours(count: int) -> np.ndarray:
    """The colours of organs 1..`count`: RGB in 0..1, float `[count, 3]`.

    After the palette come hues at golden-ratio steps, which never come round.
    """
    return np.array([_colour(place) for place in range(count)]).reshape(count, 3)


def _colour(place: int) -> tuple[float, float, float]:
    if place >= len(PALETTE):
        return colorsys.hls_to_rgb(place * GOLDEN_RATIO % 1, 0.68, 0.85)
    red, green, blue = bytes.fromhex(PALETTE[place][1:])
    return red / 255, green / 255, blue / 255
