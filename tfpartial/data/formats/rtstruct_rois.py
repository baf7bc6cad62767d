"""What an RT structure set stores: its ROIs and their contours, not yet on any grid."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.dataelem import RawDataElement

from tfpartial.data.formats.dicom_text import text_of
from tfpartial.data.problem import FileError

POINT = "POINT"
EXCLUSIVE = "CLOSEDPLANAR_XOR"
CLOSED = ("CLOSED_PLANAR", EXCLUSIVE)
TEXT = (None, "DS", "UN")
"""How ContourData is declared: not at all, as it should be, and over 64 KiB, which explicit VR can only store as unknown."""


@dataclass(frozen=True)
class Roi:
    """A region of interest.

    Args:
        name: ROIName (3006,0026).
        contours: float `[points, 3]` each: world coordinates in mm.
        exclusive: whether its contours are to be combined by exclusive or.
        markers: number of contours of one or two points, which have no area.
        empty: number of contours without points.
        fault: kind and description of what makes it unusable.
    """

    name: str
    contours: tuple[np.ndarray, ...]
    exclusive: bool = False
    markers: int = 0
    empty: int = 0
    fault: tuple[str, str] | None = None


def read_rois(path: Path, content: Dataset) -> tuple[tuple[Roi, ...], tuple[str, ...]]:
    """The ROIs of a file, and the numbers of those that have contours but no name.

    Contours that several items give for one ROI belong together.

    Raises:
        FileError: `truncated`; `unreadable`: two ROIs of one number.
    """
    _require_whole(path, content)
    rois = content.get("StructureSetROISequence") or []
    numbers = Counter(str(roi.get("ROINumber")) for roi in rois)
    twice = [number for number, count in numbers.items() if count > 1]
    if twice:
        reason = f"{numbers[twice[0]]} ROIs have the ROINumber {twice[0]}; whose the contours are that refer to it, nobody knows"
        raise FileError(path, "unreadable", reason)
    drawn: dict[str, list[Any]] = defaultdict(list)
    for item in content.get("ROIContourSequence") or []:
        drawn[str(item.get("ReferencedROINumber"))] += item.get("ContourSequence") or []
    found = tuple(_roi(text_of(roi, "ROIName"), drawn[str(roi.get("ROINumber"))]) for roi in rois)
    return found, tuple(number for number, contours in drawn.items() if contours and number not in numbers)


def _require_whole(path: Path, content: Dataset) -> None:
    """pydicom leaves out, without an error, a sequence of undefined length that the file ends in, and items of another one."""
    stored = content.get_item("ROIContourSequence")
    cut = isinstance(stored, RawDataElement) and len(stored.value or b"") < stored.length
    if cut or (stored is None and content.get("StructureSetROISequence")):
        raise FileError(path, "truncated", "ends early: expected the contours of its structures (ROIContourSequence)")


def _roi(name: str, items: Sequence[Dataset]) -> Roi:
    closed, markers, empty, kinds = [], [], 0, set()
    for item in items:
        kind, numbers = str(item.get("ContourGeometricType") or "no type"), _numbers(item)
        if not numbers.size:
            empty += 1
        elif numbers.size % 3 or not np.isfinite(numbers).all():
            got = f"{numbers.size} numbers" if np.isfinite(numbers).all() else "something that is no finite number"
            why = f"expected x, y and z of each point of a contour, got {got}"
            return Roi(name, (), fault=("unreadable", why))
        elif kind == POINT or (kind in CLOSED and not _has_area(numbers.reshape(-1, 3))):
            markers.append(kind)
        elif kind in CLOSED:
            kinds.add(kind)
            closed.append(numbers.reshape(-1, 3))
        else:
            return Roi(name, (), fault=("not_planar", f"expected closed contours, got {kind}"))
    if markers and not closed:
        return Roi(name, (), fault=("not_planar", f"expected closed contours, got {markers[0]} of one or two points"))
    return Roi(name, tuple(closed), EXCLUSIVE in kinds, len(markers), empty)


def _has_area(points: np.ndarray) -> bool:
    """Whether three or more of the points `[n, 3]` differ: fewer are a marker, whatever its type says."""
    others = points[(points != points[0]).any(axis=1)]
    return bool((others != others[:1]).any())


def _numbers(item: Dataset) -> np.ndarray:
    """The coordinates of a contour, as they stand; none when it has none."""
    stored = item.get_item("ContourData")
    # The bytes themselves: pydicom would make an object of each of many thousand numbers.
    as_text = isinstance(stored, RawDataElement) and stored.VR in TEXT
    data = stored.value if as_text else item.get("ContourData")
    if isinstance(data, bytes):
        data = data.decode("latin-1").strip(" \0")
    if data is None or data == "":
        return np.empty(0)
    try:
        return np.array([float(number) for number in (data.split("\\") if isinstance(data, str) else np.atleast_1d(data))])
    except (TypeError, ValueError):
        return np.array([np.nan])
