"""Reads every file of one case and finds everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import SimpleITK as sitk

from tfpartial.data.dataset import Case
from tfpartial.data.geometry import Geometry, difference
from tfpartial.data.integrity import check_file
from tfpartial.data.labelmap import count_organs
from tfpartial.data.problem import FileError, Problem
from tfpartial.data.volume import CHANNEL_TOLERANCE_MM, finite_voxels, read_image
from tfpartial.labels import OrganTable

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class CaseReport:
    """What the files of a case hold.

    Args:
        case: the case.
        problems: what is wrong with its files.
        native: the stored grid of its image; None when no image can be read.
        annotated: the case's annotated organs; None when they are to be deduced from a label map that cannot be read.
        voxels: number of label voxels per annotated organ; empty when the label map cannot be read.
    """

    case: Case
    problems: tuple[Problem, ...]
    native: Geometry | None
    annotated: tuple[str, ...] | None
    voxels: dict[str, int]


def verify_case(case: Case, organs: OrganTable, ignore_value: int | None, tolerance_mm: float) -> CaseReport:
    """Reads the files of a case, one in memory at a time.

    Args:
        case: the case.
        organs: the organ table.
        ignore_value: the label files' value for voxels to ignore, if they have one.
        tolerance_mm: an image and a label whose grids differ by at most this are one grid.
    """
    findings = _Findings(case.id)
    native = _check_images(case, findings)
    counts = _check_label(case, native, organs, ignore_value, tolerance_mm, findings)
    annotated = case.annotated
    if annotated is None and counts is not None:
        annotated = tuple(name for name, count in counts.items() if count)  # thesis, section 3.3.1
    voxels = {name: counts[name] for name in annotated} if counts is not None and annotated is not None else {}
    return CaseReport(case, tuple(findings.problems), native, annotated, voxels)


@dataclass
class _Findings:
    """Collects the problems of one case."""

    case_id: str
    problems: list[Problem] = field(default_factory=list)

    def add(self, path: Path, kind: str, message: str) -> None:
        self.problems.append(Problem(self.case_id, str(path), kind, message))

    def attempt(self, function: Callable[Concatenate[Path, P], R], path: Path, *args: P.args, **kwargs: P.kwargs) -> R | None:
        """The function's result; None when it found the file unusable, which is then noted."""
        try:
            return function(path, *args, **kwargs)
        except FileError as error:
            self.add(error.path, error.kind, error.reason)
            return None


def _check_images(case: Case, findings: _Findings) -> Geometry | None:
    """The grid of the first channel that can be read."""
    grids = [(path, grid) for path in case.images if (grid := findings.attempt(_image_grid, path)) is not None]
    for path, grid in grids[1:]:
        differs = difference(grids[0][1], grid, CHANNEL_TOLERANCE_MM)
        if differs:
            findings.add(path, "channel_grid", f"channels {grids[0][0]} and {path}: {differs}")
    return grids[0][1] if grids else None


def _image_grid(path: Path) -> Geometry:
    """The grid of an image whose voxels are sound."""
    image = _read_whole(path)
    voxels = finite_voxels(sitk.GetArrayViewFromImage(image), path)
    if voxels.min() == voxels.max():
        raise FileError(path, "empty_volume", f"empty volume: every voxel is {voxels.min():g}")
    return Geometry.of(image)


def _check_label(
    case: Case, native: Geometry | None, organs: OrganTable, ignore_value: int | None, tolerance_mm: float, findings: _Findings
) -> dict[str, int] | None:
    """Voxels per organ of the table; None when the label map cannot be read. A case without one has none of any organ."""
    if case.label is None:
        return dict.fromkeys(organs.names, 0)
    label = findings.attempt(_read_label_file, case.label, case.annotated is None)
    if label is None:
        return None
    differs = native and difference(native, Geometry.of(label), tolerance_mm)
    if differs:
        findings.add(case.label, "label_grid", f"image {case.images[0]} and label {case.label}: {differs}")
    counts = findings.attempt(_count_organs, case.label, label, organs, ignore_value)
    for name, count in (counts or {}).items():
        if count and case.annotated is not None and name not in case.annotated:
            expected = ", ".join(case.annotated) or "nothing"
            message = f"{count} voxels of '{name}', but the case is annotated for {expected} only"
            findings.add(case.label, "organ_not_annotated", message)
    return counts


def _read_label_file(path: Path, deduced: bool) -> sitk.Image:
    if deduced and not path.is_file():
        raise FileError(path, "missing_file", 'no such file; for a case without labels, say "annotated": {"<case>": []}')
    return _read_whole(path)


def _read_whole(path: Path) -> sitk.Image:
    """A volume whose file is whole. Raises `FileError`."""
    if path.is_file():
        check_file(path)
    return read_image(path)


def _count_organs(path: Path, label: sitk.Image, organs: OrganTable, ignore_value: int | None) -> dict[str, int]:
    return count_organs(sitk.GetArrayViewFromImage(label), path, organs, ignore_value)
