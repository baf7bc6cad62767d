"""The label files of a case put together into one label map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfpartial.data.files import LabelFile, Step
from tfpartial.data.geometry import Geometry
from tfpartial.data.label_maps.label_file import LabelLayers
from tfpartial.data.label_maps.painter import Overlap, Painter
from tfpartial.labels import IGNORE, OrganTable, count_numbers


@dataclass(frozen=True)
class LabelReading:
    """What the label files of a case show.

    Args:
        codes: uint8 `[Z, Y, X]` in LPS on the image's grid: 0, 1..K, 255.
        counts: voxels per organ, for every organ of the table.
        ignored: voxels to ignore.
        overlaps: pairs of organs that claimed the same voxels.
        history: what was done, file by file.
    """

    codes: np.ndarray
    counts: dict[str, int]
    ignored: int
    overlaps: tuple[Overlap, ...]
    history: tuple[Step, ...]


def read_labels(
    labels: Sequence[LabelFile],
    like: Geometry,
    organs: OrganTable,
    priority: Sequence[str],
    tolerance_mm: float,
    slice_files: Sequence[Path] = (),
) -> LabelReading:
    """Reads the label files of a case onto the grid of its image.

    A file's organs are those that it lists: a segment (DICOM-SEG, RTSTRUCT, seg.nrrd) that it does not have is simply not shown,
    but one that has none of the segments that are asked for is refused.

    Args:
        labels: the files; none gives an empty label map.
        like: the stored grid of the image.
        organs: the organ table; it has all organs that the files show.
        priority: of several organs that claim a voxel, the first named has it; of those that are not named, the first painted.
            A voxel that any file says to ignore is ignored.
        tolerance_mm: a label whose grid is at most this far from the image's takes the image's grid.
        slice_files: the files of the image's slices in its stored order, when it is a DICOM series: pictures, one per slice, are
            put to them by the order of their names (see `open_stack_map`).

    Raises:
        FileError: a file that cannot be read, or read as this: `label_grid`, `unknown_label`, `unknown_segment`,
            `fractional_label`, `not_finite` and what its format refuses.
        TfpartialError: an organ that is not in the table.
    """
    painter = Painter(like.shape_zyx, organs, priority)
    history: list[Step] = []
    for label in _by_priority(labels, priority):
        file = LabelLayers(label, like, organs, tolerance_mm, slice_files)
        for layer in file.layers(priority):
            painter.paint(layer)
        history += file.history
    overlaps = painter.overlaps()
    history += [Step("overlap", {"kept": one.kept, "lost": one.lost, "voxels": one.voxels}) for one in overlaps]
    codes = painter.finished()
    numbers = sum((count_numbers(part, IGNORE + 1) for part in codes), np.zeros(IGNORE + 1, np.int64))
    counts = {organ: int(numbers[code]) for organ, code in organs.ids.items()}
    return LabelReading(codes, counts, int(numbers[IGNORE]), overlaps, tuple(history))


def deduced_annotated(labels: Sequence[LabelFile], counts: Mapping[str, int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which organs somebody looked for, where the case does not say: those that its labels show (thesis, section 3.3.1).

    An organ without a voxel is one of them when a file that lists it says that its empty organs are `absent`.

    Args:
        labels: the files of the case.
        counts: voxels per organ.

    Returns:
        The annotated organs, and those that nobody knows about since their file says `ask`; both in the order of `counts`.
    """
    empty = {way: {organ for label in labels if label.empty == way for organ in label.shown_organs} for way in ("absent", "ask")}
    annotated = tuple(organ for organ, count in counts.items() if count or organ in empty["absent"])
    asked = tuple(organ for organ in counts if organ in empty["ask"] and organ not in annotated)
    return annotated, asked


def _by_priority(labels: Sequence[LabelFile], priority: Sequence[str]) -> list[LabelFile]:
    """The files, that with the organ of the highest priority first: of three organs, two then lose their voxel to the first."""
    rank = {organ: place for place, organ in enumerate(priority)}
    return sorted(labels, key=lambda label: min((rank.get(organ, len(rank)) for organ in label.shown_organs), default=len(rank)))
