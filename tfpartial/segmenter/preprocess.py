"""From HU to the numbers that a network sees."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from tfpartial.data.number_map import AIR_HU, NumberMaps, padding_numbers, to_numbers


def normalise(hu: Any, window_hu: tuple[float, float], mean: float, sd: float, maps: NumberMaps = ()) -> Any:
    """Clips HU to a window and standardises them (thesis, section 3.4.1: zero mean, unit variance).

    Args:
        hu: `[..., C]`, as the store holds them.
        window_hu: lowest and highest number that are told apart.
        mean: mean of the clipped numbers over the training cases.
        sd: their standard deviation.
        maps: what makes numbers of the stored ones, of channels that hold no HU.

    Returns:
        float32 of the same shape.
    """
    low, high = window_hu
    return (ops.clip(to_numbers(ops.cast(hu, "float32"), maps), low, high) - mean) / sd


def normalised_air(window_hu: tuple[float, float], mean: float, sd: float, maps: NumberMaps = ()) -> float | np.ndarray:
    """The number of air, which fills what a moved slice leaves free: of all channels, or float32 `[C]` with `maps`.

    Arguments as of `normalise`.
    """
    low, high = window_hu
    if not maps:
        return (max(AIR_HU, low) - mean) / sd
    return (np.clip(padding_numbers(maps), low, high) - mean) / sd
