"""DICOM segmentations, BINARY or LABELMAP (PS3.3, sections A.51 and C.8.20), through highdicom."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import highdicom
import numpy as np
import pydicom

from tfpartial.data.formats.dicom_errors import dicom_errors
from tfpartial.data.formats.dicom_text import text_of
from tfpartial.data.formats.label_values import ranges
from tfpartial.data.formats.segments import NamedSegments
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError

BACKGROUND = "125040"
"""DICOM's code of the background (PS3.16, annex D), which a LABELMAP may describe like a segment."""


class DicomSeg(NamedSegments):
    """An `OpenLabel` of a DICOM-SEG. Its keys are the SegmentLabels, its grid that of its own frames.

    Frames without a voxel may be missing: the grid reaches from the first frame to the last, of whatever segment. Whether the
    image has the same FrameOfReferenceUID is not looked at: the grids must fit anyhow.

    Raises:
        FileError: `unreadable`, also for two segments of one number, frames (`mask`: pixels) of a segment that is not described,
            and another number of frames than are described; `fractional_label`: a FRACTIONAL segmentation; `no_grid`: frames
            that make no evenly spaced volume.
    """

    def __init__(self, path: Path) -> None:
        with dicom_errors(path):
            self._object = highdicom.seg.segread(path)
            self._described = False
            kind = self._object.SegmentationType
            if kind == "FRACTIONAL":
                raise FileError(path, "fractional_label", "expected a BINARY or LABELMAP segmentation, got a FRACTIONAL one")
            labels = _labels(path)
            _require_described_frames(path, self._object, labels)
            self._background = _background(self._object) if kind == "LABELMAP" else set()
            self._numbers = [number for number in labels if number not in self._background]
            if kind == "LABELMAP" and 0 in self._numbers:
                reason = f"segment '{labels[0]}' has the number 0 of a LABELMAP, where highdicom expects background"
                raise FileError(path, "unreadable", f"{reason}; number its segments from 1 on")
            super().__init__(path, self._grid(path), f"dicom_seg {kind}", [labels[number] for number in self._numbers])

    def _grid(self, path: Path) -> Geometry:
        volume = self._object.get_volume_geometry()
        if volume is None:
            raise FileError(path, "no_grid", "its frames make no volume: expected parallel planes at even distances")
        slices, rows, columns = volume.spatial_shape
        between_slices, between_rows, between_columns = volume.spacing
        x, y, z = volume.position
        return Geometry(
            size_xyz=(columns, rows, slices),
            spacing_mm_xyz=(float(between_columns), float(between_rows), float(between_slices)),
            origin_mm_xyz=(float(x), float(y), float(z)),
            direction=tuple(volume.direction[:, ::-1].ravel().tolist()),  # highdicom has slices, rows, columns
        )

    def _segment(self, number: int, like: Geometry) -> np.ndarray:
        with dicom_errors(self.path):
            self._require_described_pixels()
            volume = self._object.get_volume(segment_numbers=[self._numbers[number]], dtype=np.uint8)
            assert self.native is not None
            return self.native.to_lps(volume.array[..., 0]) != 0

    def _require_described_pixels(self) -> None:
        """Of a LABELMAP, whose pixels are numbers of segments. Those of no segment highdicom takes for background."""
        if self._object.SegmentationType != "LABELMAP" or self._described:
            return
        frames = (self._object.get_stored_frame(number) for number in range(1, int(self._object.NumberOfFrames) + 1))
        found = {int(value) for frame in frames for value in np.unique(frame)}
        unknown = found - set(self._numbers) - self._background - {0}
        if unknown:
            numbers, known = ranges(unknown), ranges(self._numbers)
            reason = f"has pixels of segment {numbers}, which is not described; expected one of {known}"
            raise FileError(self.path, "unreadable", reason)
        self._described = True


def _background(content: pydicom.Dataset) -> set[int]:
    """The numbers of a LABELMAP that are no organ's: PixelPaddingValue, and segments that say so."""
    kinds = {int(item.SegmentNumber): item.SegmentedPropertyTypeCodeSequence[0] for item in content.SegmentSequence}
    padding = content.get("PixelPaddingValue")
    background = {number for number, kind in kinds.items() if kind.get("CodeValue") == BACKGROUND}
    return background if padding is None else {int(padding), *background}


def _labels(path: Path) -> dict[int, str]:
    """Segment number -> SegmentLabel, as the bytes have it: highdicom gives what pydicom makes of a wrong character set."""
    content = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SegmentSequence"])
    labels: dict[int, str] = {}
    for item in content.SegmentSequence:
        number, label = int(item.SegmentNumber), text_of(item, "SegmentLabel")
        if number in labels:
            both = f"segments '{labels[number]}' and '{label}' have the SegmentNumber {number}"
            raise FileError(path, "unreadable", f"{both}; whose its frames are, nobody knows")
        labels[number] = label
    return labels


def _require_described_frames(path: Path, content: pydicom.Dataset, labels: Mapping[int, str]) -> None:
    """highdicom leaves out, without an error, frames beyond NumberOfFrames and frames of a segment that nothing describes."""
    frames = content.get("PerFrameFunctionalGroupsSequence") or []
    count = int(content.get("NumberOfFrames") or 0)
    if frames and len(frames) != count:
        raise FileError(path, "unreadable", f"describes {len(frames)} frames, but NumberOfFrames is {count}")
    drawn = (frame.get("SegmentIdentificationSequence") for frame in frames)
    unknown = {int(items[0].ReferencedSegmentNumber) for items in drawn if items} - labels.keys()
    if unknown:
        numbers, known = ranges(unknown), ranges(labels)
        raise FileError(path, "unreadable", f"has frames of segment {numbers}, which is not described; expected one of {known}")
