"""Reads every file of one case and finds everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from tfpartial.data.confined import require_inside
from tfpartial.data.files import ImageFile, LabelFile, Step, paths_of
from tfpartial.data.formats.label import open_label
from tfpartial.data.geometry import Geometry
from tfpartial.data.ingest.channel_statistics import ChannelStatistics, channel_statistics
from tfpartial.data.ingest.intensity import check_intensities
from tfpartial.data.label_maps.reading import LabelReading, deduced_annotated, read_labels
from tfpartial.data.layouts.dataset import Case, Dataset
from tfpartial.data.number_map import NumberRange
from tfpartial.data.problem import FileError, Problem
from tfpartial.data.volumes.slabs import SlabReader

R = TypeVar("R")

CT = "ct"
"""Channels of this name, in any case, hold HU."""


@dataclass(frozen=True)
class CaseReport:
    """What the files of a case hold.

    Args:
        case: the case.
        problems: what is wrong with its files.
        warnings: what is suspicious, or was decided by a rule.
        native: the stored grid of its image; None when no image can be read.
        annotated: the case's annotated organs; None when they are to be deduced from labels that cannot be read.
        voxels: number of label voxels per annotated organ; empty when the labels cannot be read.
        ignored: number of voxels to ignore.
        numbers: the range of each channel; none when the images cannot be read.
    """

    case: Case
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    native: Geometry | None
    annotated: tuple[str, ...] | None
    voxels: dict[str, int]
    ignored: int
    numbers: tuple[NumberRange, ...] = ()


def verify_case(case: Case, dataset: Dataset, tolerance_mm: float) -> CaseReport:
    """Reads the files of a case, a few slices of its images in memory at a time.

    Args:
        case: the case.
        dataset: what its cases have in common (its own `cases` are not looked at).
        tolerance_mm: an image and a label whose grids differ by at most this are one grid.
    """
    findings = _Findings(case.id)
    for path in paths_of(case.images, case.labels):
        findings.attempt(partial(_check_path, path, case))
    if findings.problems:
        return _report(case, findings, None, None)
    image = _check_images(case, dataset, findings)
    reading = _check_labels(case, dataset, image, tolerance_mm, findings)
    return _report(case, findings, image, reading)


@dataclass
class _Findings:
    """Collects the problems and warnings of one case."""

    case_id: str
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    numbers: tuple[NumberRange, ...] = ()

    def add(self, path: Path, kind: str, message: str) -> None:
        self.problems.append(Problem(self.case_id, str(path), kind, message))

    def warn(self, path: Path, kind: str, message: str) -> None:
        self.warnings.append(Problem(self.case_id, str(path), kind, message))

    def warn_of(self, history: Sequence[Step], path: Path) -> None:
        """Notes what reading says of itself; `path` where it names no file."""
        for step in history:
            if step.warning:
                self.warn(Path(step.detail.get("file", path)), step.name, step.warning)

    def attempt(self, function: Callable[[], R]) -> R | None:
        """The function's result; None when it found a file unusable, which is then noted."""
        try:
            return function()
        except FileError as error:
            self.add(error.path, error.kind, error.for_source)
        except OSError as error:  # no permission, a disk that fails
            self.add(Path(error.filename or ""), "unreadable", f"cannot be read: {error.strerror or error}")
        return None


def _report(case: Case, findings: _Findings, image: SlabReader | None, reading: LabelReading | None) -> CaseReport:
    annotated = case.annotated
    if annotated is None and reading is not None:
        annotated, asked = deduced_annotated(case.labels, reading.counts)
        for organ in asked:
            advice = "say whether it is 'absent' or 'not_annotated' (option 'empty' of the source)"
            findings.add(_file_of(organ, case.labels), "empty_mask", f"no voxel of '{organ}'; {advice}")
    voxels = {organ: reading.counts[organ] for organ in annotated} if reading and annotated is not None else {}
    ignored = reading.ignored if reading else 0
    native = image.native if image else None
    problems, warnings = tuple(findings.problems), tuple(findings.warnings)
    return CaseReport(case, problems, warnings, native, annotated, voxels, ignored, findings.numbers)


def _file_of(organ: str, labels: tuple[LabelFile, ...]) -> Path:
    return next(label.path for label in labels if organ in label.shown_organs)


def _check_path(path: Path, case: Case) -> None:
    """A file that is there, and inside of the data set."""
    if not path.exists():
        advice = "" if case.annotated is not None or path not in {label.path for label in case.labels} else UNLABELED_ADVICE
        raise FileError(path, "missing_file", f"no such file{advice}")
    for file in (path, *(path.iterdir() if path.is_dir() else ())):
        require_inside(case.root, file)


VOXEL_MM = (0.01, 50.0)
"""Lengths of a voxel in pictures of patients, with room on both sides."""
UNLABELED_ADVICE = '; for a case without labels, say "annotated": {"<case>": []}'


def _check_images(case: Case, dataset: Dataset, findings: _Findings) -> SlabReader | None:
    """The opened images; None when they cannot be read or do not lie on one grid."""
    reader = findings.attempt(lambda: SlabReader(case.images))
    if reader is None:
        return None
    channels = findings.attempt(lambda: channel_statistics(reader))
    if channels is None:
        return None
    findings.warn_of(reader.history, case.images[0].path)
    strange = _strange_voxels(reader.native)
    if strange:
        findings.warn(case.images[0].path, "voxel_size", strange)
    findings.numbers = tuple(channel.range() for channel in channels)
    for image, name, channel in zip(case.images, dataset.channel_names, channels, strict=True):
        _check_channel(image, name, channel, dataset, findings)
    return reader


def _strange_voxels(native: Geometry) -> str:
    """What is said of voxels that nobody takes of a patient; else nothing. Tolerances and distances are in mm."""
    smallest, largest = VOXEL_MM
    if smallest <= min(native.spacing_mm_xyz) and max(native.spacing_mm_xyz) <= largest:
        return ""
    size = " × ".join(f"{length:.4g}" for length in native.spacing_mm_xyz)
    return f"voxels of {size} mm: expected {smallest:g} to {largest:g} mm of a patient; is the header's unit of length wrong?"


def _check_channel(image: ImageFile, name: str, channel: ChannelStatistics, dataset: Dataset, findings: _Findings) -> None:
    if channel.lowest == channel.highest:
        findings.add(image.path, "empty_volume", f"empty volume: every voxel is {channel.lowest:g}")
    elif name.lower() == CT and dataset.intensities != "off":
        suspicion = check_intensities(channel.histogram, channel.deep, channel.lowest, channel.highest)
        if suspicion:
            note = findings.add if dataset.intensities == "refuse" else findings.warn
            note(image.path, "not_hu", suspicion)


def _check_labels(
    case: Case, dataset: Dataset, image: SlabReader | None, tolerance_mm: float, findings: _Findings
) -> LabelReading | None:
    """What the labels show; None when they cannot be read. Without a sound image they are looked at on their own grid."""
    path = case.labels[0].path if case.labels else case.images[0].path
    grid = image.native if image else findings.attempt(lambda: _label_grid(case.labels[0])) if case.labels else None
    if grid is None:
        return None
    slice_files = image.slice_files if image else ()
    reading = findings.attempt(lambda: _read_labels(case, dataset, grid, slice_files, tolerance_mm))
    if reading is None:
        return None
    findings.warn_of(reading.history, path)
    for overlap in reading.overlaps:
        why = f"'{overlap.kept}' keeps them, since it stands first in 'priority'"
        findings.warn(path, "overlap", f"{overlap.voxels} voxels of '{overlap.kept}' and '{overlap.lost}'; {why}")
    for organ, count in reading.counts.items():
        if count and case.annotated is not None and organ not in case.annotated:
            expected = ", ".join(case.annotated) or "nothing"
            message = f"{count} voxels of '{organ}', but the case is annotated for {expected} only"
            findings.add(_file_of(organ, case.labels), "organ_not_annotated", message)
    return reading


def _label_grid(label: LabelFile) -> Geometry | None:
    return open_label(label.path, nifti_form=label.nifti_form).native


def _read_labels(
    case: Case, dataset: Dataset, grid: Geometry, slice_files: tuple[Path, ...], tolerance_mm: float
) -> LabelReading:
    try:
        return read_labels(case.labels, grid, dataset.organs, dataset.priority, tolerance_mm, slice_files)
    except FileError as error:
        if error.kind != "label_grid":
            raise
        raise FileError(error.path, error.kind, f"{error.reason} (image {case.images[0].path})", error.advice) from error
