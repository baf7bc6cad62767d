"""The numbers of a label map: counted, and looked up as label codes (0, 1..K, 255)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tfpartial.data.problem import FileError
from tfpartial.labels import count_numbers

SHOWN = 5
"""Wrong values that an error lists."""
NEAR = 1e-4
"""How far a value may be from a whole number that it stands for, after a passage through floating-point numbers."""
TABLE = 1 << 16
"""Whole numbers below this are counted and looked up by table; it is 20 times as fast as by sorting."""


def count_values(voxels: np.ndarray, path: Path) -> Counter[int]:
    """How often each value occurs.

    Args:
        voxels: numbers of any real dtype `[Z, Y, X]`.
        path: the file, for the error.

    Raises:
        FileError: `not_finite`; `fractional_label`.
    """
    counts: Counter[float] = Counter()
    for part in voxels:  # slice by slice, since both ways of counting copy what they count
        values, numbers = _count(part)
        # A NaN equals no NaN and would be a new key in every slice.
        for value, number in zip(values.tolist(), numbers.tolist(), strict=True):
            counts[value if value == value else np.nan] += number
    _refuse(path, "not_finite", "are not finite", {value: number for value, number in counts.items() if not np.isfinite(value)})
    why = "are fractions; a label map holds whole numbers"
    _refuse(path, "fractional_label", why, {value: number for value, number in counts.items() if value != int(value)})
    return Counter({int(value): number for value, number in counts.items()})


def near_whole(voxels: np.ndarray) -> tuple[np.ndarray, float]:
    """Rounds values such as 0.9999999, which resampling in floating point leaves; others stay for `count_values` to refuse.

    Returns:
        the voxels, and the largest difference; 0 where all were whole, or one is far from it.
    """
    if not np.issubdtype(voxels.dtype, np.floating):
        return voxels, 0.0
    whole = np.rint(voxels)
    with np.errstate(invalid="ignore"):  # of infinite numbers
        off = float(np.abs(voxels - whole).max(initial=0))
    return (whole, off) if 0 < off <= NEAR else (voxels, 0.0)


def require_listed(counts: Mapping[int, int], listed: Iterable[int], path: Path) -> None:
    """Raises `FileError`: `unknown_label`, when there are values other than 0 that are not `listed`."""
    listed = {0, *listed}
    why = f"stand for no organ; expected {ranges(listed)}"
    _refuse(path, "unknown_label", why, {value: number for value, number in counts.items() if value not in listed})


def look_up(voxels: np.ndarray, codes: Mapping[int, int], counts: Mapping[int, int]) -> np.ndarray:
    """Label codes of a label map.

    Args:
        voxels: whole numbers of any real dtype `[Z, Y, X]`.
        codes: value -> code; 0 for every other value.
        counts: the values that occur.

    Returns:
        uint8 of the same shape.
    """
    values = sorted(counts)
    result = np.empty(voxels.shape, np.uint8)
    if not values:
        return result
    if values[0] < 0 or values[-1] >= TABLE:
        of_place = np.array([codes.get(value, 0) for value in values], np.uint8)
        for part, out in zip(voxels, result, strict=True):
            out[:] = of_place[np.searchsorted(values, part)]
        return result
    table = np.zeros(values[-1] + 1, np.uint8)
    table[values] = [codes.get(value, 0) for value in values]
    if voxels.dtype == np.uint8 and np.array_equal(table, np.arange(len(table))):
        return np.array(voxels)
    for part, out in zip(voxels, result, strict=True):
        np.take(table, part.astype(np.uint16, copy=False), out=out, mode="clip")  # without `clip` numpy copies; all fit
    return result


def ranges(values: Iterable[int]) -> str:
    """Whole numbers as text, in order, neighbours drawn together: `0..3, 7`."""
    runs: list[list[int]] = []
    for value in sorted(values):
        if runs and value == runs[-1][-1] + 1:
            runs[-1][1:] = [value]
        else:
            runs.append([value])
    return ", ".join("..".join(map(str, run)) for run in runs)


def _count(part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The values of an array, and how often each occurs."""
    whole = part
    if np.issubdtype(part.dtype, np.floating):
        with np.errstate(invalid="ignore"):  # NaN and what is too large are not equal afterwards
            whole = part.astype(np.int64)
        if not np.array_equal(whole, part):
            return np.unique(part, return_counts=True)
    if whole.size and whole.min() >= 0 and whole.max() < TABLE:
        table = count_numbers(whole)
        values = np.flatnonzero(table)
        return values, table[values]
    return np.unique(whole, return_counts=True)


def _refuse(path: Path, kind: str, why: str, wrong: Mapping[Any, int]) -> None:
    if wrong:
        shown = ", ".join(f"{value:g}" for value in sorted(wrong)[:SHOWN]) + (", ..." if len(wrong) > SHOWN else "")
        raise FileError(path, kind, f"label values {shown} ({sum(wrong.values())} voxels) {why}")
