"""The values of a label file: which organs they are, and as label codes (0, 1..K, 255)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from tfpartial.data.problem import FileError
from tfpartial.labels import IGNORE, OrganTable

SHOWN = 5
"""Wrong values that an error lists."""
TABLE = 1 << 16
"""Whole numbers below this are counted by table; it is 20 times as fast as by sorting."""


def count_organs(stored: np.ndarray, path: Path, organs: OrganTable, ignore_value: int | None) -> dict[str, int]:
    """Voxels per organ of a label file's values; absent organs have 0. Arguments and errors as of `to_codes`."""
    counts = _value_counts(stored)
    _check_values(counts, path, organs, ignore_value)
    return {name: counts[value] for name, value in organs.ids.items()}


def to_codes(stored: np.ndarray, path: Path, organs: OrganTable, ignore_value: int | None) -> np.ndarray:
    """Label codes of a label file's values.

    Args:
        stored: numbers of any dtype `[Z, Y, X]`.
        path: the file, for the error.
        organs: the organ table: the values 1..K.
        ignore_value: the value that means "ignore"; 255 in the result.

    Returns:
        uint8 of the same shape.

    Raises:
        FileError: `not_finite`, `fractional_label` or `unknown_label`.
    """
    _check_values(_value_counts(stored), path, organs, ignore_value)
    codes = stored.astype(np.uint8)
    if ignore_value is not None:
        codes[codes == ignore_value] = IGNORE
    return codes


def _value_counts(stored: np.ndarray) -> Counter[float]:
    """How often each value occurs; slice by slice, since both ways of counting copy what they count."""
    counts: Counter[float] = Counter()
    for part in stored:
        if np.issubdtype(part.dtype, np.integer) and part.min() >= 0 and part.max() < TABLE:
            table = np.bincount(part.ravel())
            values = np.flatnonzero(table)
            numbers = table[values]
        else:
            values, numbers = np.unique(part, return_counts=True)
        # A NaN equals no NaN and would be a new key in every slice.
        for value, number in zip(values.tolist(), numbers.tolist(), strict=True):
            counts[value if value == value else np.nan] += number
    return counts


def _check_values(counts: Counter[float], path: Path, organs: OrganTable, ignore_value: int | None) -> None:
    expected = f"0..{len(organs)}" + ("" if ignore_value is None else f" or {ignore_value} (ignore)")
    reasons = {
        "not_finite": "are not finite",
        "fractional_label": "are fractions; a label map holds whole numbers",
        "unknown_label": f"are outside the organ table; expected {expected}",
    }
    allowed = {0, *organs.ids.values(), *([] if ignore_value is None else [ignore_value])}
    for kind, why in reasons.items():
        wrong = sorted(value for value in counts if _kind(value, allowed) == kind)
        if wrong:
            shown = ", ".join(f"{value:g}" for value in wrong[:SHOWN]) + (", ..." if len(wrong) > SHOWN else "")
            raise FileError(path, kind, f"label values {shown} ({sum(counts[value] for value in wrong)} voxels) {why}")


def _kind(value: float, allowed: set[int]) -> str | None:
    """What is wrong with a value; None when it is allowed."""
    if not np.isfinite(value):
        return "not_finite"
    if value != int(value):
        return "fractional_label"
    return None if value in allowed else "unknown_label"
