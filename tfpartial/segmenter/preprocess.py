"""From HU to the numbers that a network sees."""

from __future__ import annotations

from typing import Any

from keras import ops

AIR_HU = -1024


def normalise(hu: Any, window_hu: tuple[float, float], mean: float, sd: float) -> Any:
    """Clips HU to a window and standardises them (thesis, section 3.4.1: zero mean, unit variance).

    Args:
        hu: int16 or float, any shape.
        window_hu: lowest and highest HU that are told apart.
        mean: mean of the clipped HU over the training cases.
        sd: their standard deviation.

    Returns:
        float32 of the same shape.
    """
    low, high = window_hu
    return (ops.clip(ops.cast(hu, "float32"), low, high) - mean) / sd


def normalised_air(window_hu: tuple[float, float], mean: float, sd: float) -> float:
    """The number of air, which fills what a moved slice leaves free; arguments as of `normalise`."""
    return (max(AIR_HU, window_hu[0]) - mean) / sd
