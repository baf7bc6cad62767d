"""Where an NRRD file says that its voxels are, beyond what ITK makes of it: units, and no word on how the patient lies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tfpartial.data.files import Step
from tfpartial.data.formats.nrrd_header import read_fields
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError

UNITS_MM = {
    "": 1.0,
    **dict.fromkeys(("mm", "millimeter", "millimeters"), 1.0),
    **dict.fromkeys(("cm", "centimeter", "centimeters"), 10.0),
    **dict.fromkeys(("m", "meter", "meters"), 1000.0),
    **dict.fromkeys(("um", "µm", "μm", "micron", "microns", "micrometer", "micrometers"), 0.001),
}
SPACES = ("right-anterior-superior", "ras", "left-anterior-superior", "las", "left-posterior-superior", "lps")
"""Spaces that say how the patient lies, also with a time after them."""


def place_nrrd(path: Path, by_itk: Geometry) -> tuple[Geometry, tuple[Step, ...]]:
    """The grid of a file in mm, and what was decided about it.

    Args:
        path: the file.
        by_itk: the grid as ITK has it, which takes every length for mm.

    Raises:
        FileError: `bad_header`: no spacing, or an unknown unit of length.
    """
    fields = read_fields(path)[0]
    if "space directions" not in fields and not re.search(r"\d", fields.get("spacings", "")):
        raise FileError(path, "bad_header", "says no spacing: expected 'space directions' or 'spacings' in its header")
    unit_mm = _unit_mm(path, fields)
    spacing, origin = by_itk.spacing_mm_xyz, by_itk.origin_mm_xyz
    grid = by_itk
    if unit_mm != 1:
        grid = replace(
            by_itk,
            spacing_mm_xyz=(spacing[0] * unit_mm, spacing[1] * unit_mm, spacing[2] * unit_mm),
            origin_mm_xyz=(origin[0] * unit_mm, origin[1] * unit_mm, origin[2] * unit_mm),
        )
    return grid, tuple(_guessed(path, reason) for reason in (_why_lps(fields), _why_at_zero(fields)) if reason)


def _guessed(path: Path, reason: str) -> Step:
    return Step("place", {"file": str(path), "by": "nothing", "because": reason}, reason)


def _why_lps(fields: Mapping[str, str]) -> str:
    """What is said of a header that does not say how the patient lies; else nothing."""
    space = fields.get("space", "").lower().removesuffix("-time")
    if space in SPACES or space.removesuffix("t") in SPACES:  # RAST is RAS with time
        return ""
    got = f"got '{space}'" if space else "which is not there"
    return f"nothing says how the patient lies: expected a 'space' such as left-posterior-superior, {got}; taken for LPS"


def _why_at_zero(fields: Mapping[str, str]) -> str:
    """What is said of a header with directions in space and no place there; else nothing."""
    origin = fields.get("space origin", "")
    if "space directions" not in fields or (re.search(r"\d", origin) and "nan" not in origin.lower()):
        return ""
    got = f"got '{origin}'" if origin else "which is not there"
    return f"nothing says where the volume begins: expected a 'space origin', {got}; taken for (0, 0, 0) mm"


def _unit_mm(path: Path, fields: Mapping[str, str]) -> float:
    """The one unit of the axes in space."""
    name = "space units" if "space units" in fields else "units"
    units = {word.strip().lower() for word in re.findall(r'"([^"]*)"', fields.get(name, ""))} - {""} or {""}
    if len(units) > 1 or not units <= UNITS_MM.keys():
        raise FileError(path, "bad_header", f"'{name}': expected one of mm, cm, m and um, got {fields[name]}")
    return UNITS_MM[units.pop()]
