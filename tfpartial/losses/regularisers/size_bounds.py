"""Bounds of the sizes of organs: as a configuration gives them, or from the file of `coverage --sizes`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfpartial.artifacts import read_json
from tfpartial.errors import TfpartialError

Bounds = Mapping[str, tuple[float, float]]
"""Organ -> least and largest size."""
FORMAT = 1
WHAT = "sizes of organs"
QUANTILES = ("min", "p5", "median", "p95", "max")
"""Of the sizes of an organ in a file, beside their number `n`."""
NO_BOUND = "none"


def require_bounds(bounds: Bounds, option: str) -> None:
    """Raises `TfpartialError`, which names the organ, for a bound that is no size, or two in the wrong order."""
    for organ, (low, high) in bounds.items():
        if not (0 <= low <= high and math.isfinite(low)):  # NaN is neither
            expected = "expected 0 or more and no less than that"
            raise TfpartialError(f"{option}: {organ}: {expected}, got {low:g} and {high:g}")


def require_quantiles(low: str, high: str) -> None:
    """Raises `TfpartialError` for a lower quantile above the upper one."""
    if NO_BOUND not in (low, high) and QUANTILES.index(low) > QUANTILES.index(high):
        raise TfpartialError(f"low: expected a quantile up to that of high, got {low} and {high}")


def read_bounds_mm2(path: Path, low: str, high: str) -> dict[str, tuple[float, float]]:
    """Bounds of the area of each organ in a slice, in mm², from the file that `coverage --sizes` wrote.

    Args:
        path: the file.
        low: quantile that is the lower bound, a name of `QUANTILES`; `none` for 0.
        high: the upper one; `none` for infinity.

    Returns:
        organ -> bounds, without the organs of which nobody drew one.

    Raises:
        TfpartialError: no such file, other content, or no organ that anybody drew.
    """
    content = read_json(path, WHAT)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        got = content.get("format") if isinstance(content, dict) else type(content).__name__
        raise TfpartialError(f"{path}: expected {WHAT} in format {FORMAT}, got {got}")
    try:
        areas: dict[str, dict[str, Any]] = {organ: sizes["area_mm2"] for organ, sizes in content["organs"].items()}
        known = {organ: area for organ, area in areas.items() if area["n"]}
        bounds = {
            organ: (
                0.0 if low == NO_BOUND else float(area[low]),
                math.inf if high == NO_BOUND else float(area[high]),
            )
            for organ, area in known.items()
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise TfpartialError(f"{path}: expected {WHAT}; a value in it is missing or of another type") from error
    if not bounds:
        raise TfpartialError(f"{path}: expected the size of an organ, got none")
    require_bounds(bounds, str(path))
    return bounds
