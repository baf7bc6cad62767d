"""From values to places in a chart."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

STEPS = (1, 2, 2.5, 5, 10)
TINY = 1e-9
"""Values that are nearer to each other, as a share of their size, are one value."""


@dataclass(frozen=True)
class Axis:
    """A linear axis.

    Args:
        low, high: values at its ends.
        start, end: places of the ends, in pixels.
        ticks: values that are labelled.
    """

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """The place of a value, in pixels, to a tenth."""
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)


def axis_over(values: Iterable[float], start: float, end: float, steps: int = 4) -> Axis:
    """An axis with round ticks that holds all finite values.

    Args:
        values: the values; with none, it goes from 0 to 1.
        start, end: places of the ends, in pixels.
        steps: about how many steps there shall be.
    """
    found = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(found), max(found)
    width = high - low
    if width < TINY * max(abs(high), 1.0):
        width = max(abs(high), 1.0)
    unit = 10 ** math.floor(math.log10(width / steps))
    step = next(size for size in (factor * unit for factor in STEPS) if width / size <= steps)
    first, last = math.floor(low / step), math.ceil(high / step)
    last = max(last, first + 1)
    ticks = tuple(float(f"{place * step:.6g}") for place in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], start, end, ticks)


def axis_up_to(last: float, start: float, end: float) -> Axis:
    """From 0 to exactly `last`, which is above 0, with round ticks."""
    ticks = axis_over([0.0, last], start, end).ticks
    return Axis(0.0, last, start, end, tuple(tick for tick in ticks if tick <= last))


def percent_axis(start: float, end: float) -> Axis:
    """From 0 to 100."""
    return Axis(0.0, 100.0, start, end, (0.0, 25.0, 50.0, 75.0, 100.0))
