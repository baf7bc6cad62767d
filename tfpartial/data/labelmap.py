"""The values of a label file as label codes (0, 1..K, 255)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfpartial.data.problem import FileError
from tfpartial.labels import IGNORE, OrganTable

SHOWN = 5
"""Wrong values that an error lists."""


def to_codes(stored: np.ndarray, path: Path, organs: OrganTable, ignore_value: int | None) -> np.ndarray:
    """Label codes of a label file's values.

    Args:
        stored: numbers of any dtype, any shape.
        path: the file, for the error.
        organs: the organ table: the values 1..K.
        ignore_value: the value that means "ignore"; 255 in the result.

    Returns:
        uint8 of the same shape.

    Raises:
        FileError: `not_finite`, `fractional_label` or `unknown_label`.
    """
    values, counts = np.unique(stored, return_counts=True)
    finite = np.isfinite(values)
    allowed = [0, *organs.ids.values(), *([] if ignore_value is None else [ignore_value])]
    expected = f"0..{len(organs)}" + ("" if ignore_value is None else f" or {ignore_value} (ignore)")
    checks = (
        ("not_finite", ~finite, "are not numbers"),
        ("fractional_label", finite & (np.trunc(values) != values), "are fractions; a label map holds whole numbers"),
        ("unknown_label", ~np.isin(values, allowed), f"are outside the organ table; expected {expected}"),
    )
    for kind, wrong, why in checks:
        if wrong.any():
            shown = ", ".join(f"{value:g}" for value in values[wrong][:SHOWN]) + (", ..." if wrong.sum() > SHOWN else "")
            raise FileError(path, kind, f"label values {shown} ({counts[wrong].sum()} voxels) {why}")
    codes = stored.astype(np.uint8)
    if ignore_value is not None:
        codes[codes == ignore_value] = IGNORE
    return codes
