"""How the numbers of a channel are stored, as int16 or as they are, and how the network reads them.

HU are whole numbers that int16 holds. An MR in 0..1, z-scores or a PET in SUV would be rounded to a handful of numbers: their
channel has a line, `number = stored * slope + intercept`, one for all cases. A store of floats holds the numbers themselves; the
line then makes the bins of their histogram, and the number that slices are padded with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

Values = Literal["int16", "float16", "float32"]
INT16 = np.iinfo(np.int16)
AIR_HU = -1024
"""What slices are padded with, as stored; of a scaled channel it stands for its least number."""
LEVELS = 1 << 14
"""Steps from the least to the greatest number of a scaled channel; int16 has as much room again above and below."""
FINE = 1e-3
"""The largest part of the range that rounding may take away unsaid."""


@dataclass(frozen=True)
class NumberMap:
    """`number = int16 * slope + intercept`; as it is by default.

    Args:
        slope, intercept: the line.
        values: what is stored: int16, or the numbers as floats.
    """

    slope: float = 1.0
    intercept: float = 0.0
    values: Values = "int16"

    @property
    def plain(self) -> bool:
        """Whether int16 holds the numbers as they are."""
        return (self.slope, self.intercept) == (1.0, 0.0)

    def row(self) -> dict[str, Any]:
        """As JSON; of int16 as before there were others."""
        return {name: value for name, value in asdict(self).items() if (name, value) != ("values", "int16")}

    def number(self, stored: float) -> float:
        """The number of a stored one, or of a mean of such."""
        return stored if self.plain else stored * self.slope + self.intercept

    def stored(self, numbers: np.ndarray) -> tuple[np.ndarray, int]:
        """Any finite real numbers as they are stored, rounded, and clipped where the type ends.

        Returns:
            int16, float16 or float32 of the same shape, and the number of clipped voxels.
        """
        return self.to_int16(numbers) if self.values == "int16" else to_float(numbers, np.dtype(self.values))

    def to_int16(self, numbers: np.ndarray) -> tuple[np.ndarray, int]:
        """The numbers as int16 by the line, whatever is stored: the bins of a histogram. Returns as `stored`."""
        return to_hu(numbers if self.plain else (numbers - self.intercept) / self.slope)


PLAIN = NumberMap()
NumberMaps = tuple[NumberMap, ...]
"""One per channel; none when all are plain."""


def map_of(maps: NumberMaps, channel: int) -> NumberMap:
    """The map of a channel."""
    return maps[channel] if maps else PLAIN


def dtype_of(maps: NumberMaps) -> np.dtype:
    """The type of the stored numbers, one for all channels."""
    return np.dtype(map_of(maps, 0).values)


def with_values(maps: NumberMaps, values: Values, channels: int) -> NumberMaps:
    """The maps of a store that holds numbers of a type.

    Args:
        maps: those of the manifest.
        values: the type.
        channels: number of channels.
    """
    return maps if values == "int16" else tuple(replace(map_of(maps, channel), values=values) for channel in range(channels))


def to_numbers(stored: Any, maps: NumberMaps) -> Any:
    """The numbers of stored ones `[..., C]`, an array or a tensor of float32; plain ones and floats are given back."""
    if not maps or dtype_of(maps) != np.int16:
        return stored
    slopes, intercepts = columns(maps)
    return stored * slopes + intercepts


def padding_numbers(maps: NumberMaps) -> float | np.ndarray:
    """The number that slices are padded with: that of air, or the least one of each channel, float32 `[C]`."""
    if not maps:
        return AIR_HU
    slopes, intercepts = columns(maps)
    return AIR_HU * slopes + intercepts


def stored_padding(maps: NumberMaps) -> float | np.ndarray:
    """As `padding_numbers`, as it is stored."""
    return AIR_HU if dtype_of(maps) == np.int16 else padding_numbers(maps)


def columns(maps: NumberMaps) -> tuple[np.ndarray, np.ndarray]:
    """Slopes and intercepts, float32 `[C]`."""
    return np.array([one.slope for one in maps], np.float32), np.array([one.intercept for one in maps], np.float32)


def to_hu(numbers: np.ndarray) -> tuple[np.ndarray, int]:
    """Any finite real numbers as int16: fractions are rounded, values beyond int16 clipped to it.

    Returns:
        int16 of the same shape, and the number of clipped voxels.
    """
    if np.can_cast(numbers.dtype, np.int16):
        return numbers.astype(np.int16, copy=False), 0
    if np.issubdtype(numbers.dtype, np.floating):
        numbers = np.rint(numbers)
    if numbers.min(initial=0) >= INT16.min and numbers.max(initial=0) <= INT16.max:  # nearly always: two looks, and no copies
        return numbers.astype(np.int16), 0
    lowest = 0 if np.issubdtype(numbers.dtype, np.unsignedinteger) else INT16.min  # clip's bounds must fit the dtype
    clipped = int(np.count_nonzero((numbers < lowest) | (numbers > INT16.max)))
    return numbers.clip(lowest, INT16.max).astype(np.int16), clipped


def to_float(numbers: np.ndarray, dtype: np.dtype) -> tuple[np.ndarray, int]:
    """Any finite real numbers as floats of a type, clipped where it ends. Returns them and the number of clipped voxels."""
    if np.can_cast(numbers.dtype, dtype):
        return numbers.astype(dtype, copy=False), 0
    end = np.finfo(dtype).max
    clipped = int(np.count_nonzero((numbers < -end) | (numbers > end)))
    return (numbers.clip(-end, end) if clipped else numbers).astype(dtype), clipped


def exact(numbers: np.ndarray) -> np.ndarray:
    """Any real numbers as int16 where all of them are such, else as float32."""
    if np.can_cast(numbers.dtype, np.int16):
        return numbers.astype(np.int16, copy=False)
    whole, clipped = to_hu(numbers)
    rounded = np.issubdtype(numbers.dtype, np.floating) and not np.array_equal(whole, numbers)
    return numbers.astype(np.float32) if clipped or rounded else whole


@dataclass(frozen=True)
class NumberRange:
    """The numbers of a channel in a case.

    Args:
        lowest, highest: the range.
        low, high: what 0.5 % of the voxels are below and above; of whole numbers the range.
        rounding: the largest distance of a number from the nearest whole one.
    """

    lowest: float
    highest: float
    low: float
    high: float
    rounding: float

    @property
    def width(self) -> float:
        """How far apart the numbers lie, without the few of a bright spot."""
        return self.high - self.low or self.highest - self.lowest


def choose_map(ranges: Iterable[NumberRange], clip: bool) -> NumberMap:
    """The map of a channel: plain where rounding takes no more than 1/1000 of the range of any case.

    Else the least number of all cases becomes -1024, and the greatest lies 16384 steps above: rounding takes 1/32768 of the
    range. Whole numbers that only begin or end outside of int16 keep their steps of 1.

    Args:
        ranges: of every case.
        clip: whether what lies beyond int16 is no reason, as in a CT, where it is metal or padding.
    """
    ranges = list(ranges)
    lowest, highest = min(one.lowest for one in ranges), max(one.highest for one in ranges)
    fits = clip or (lowest >= INT16.min and highest <= INT16.max)
    if fits and all(is_fine(one.rounding, one) for one in ranges):
        return PLAIN
    span = highest - lowest
    whole = all(one.rounding == 0 for one in ranges)
    slope = 1.0 if whole and span <= INT16.max - AIR_HU else span / LEVELS
    return NumberMap(slope, lowest - AIR_HU * slope)


def is_fine(rounding: float, numbers: NumberRange) -> bool:
    """Whether an error of so much, in the unit of the numbers, is at most 1/1000 of their range."""
    return rounding <= FINE * numbers.width
