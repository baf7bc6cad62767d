"""DICOM segmentations, BINARY or LABELMAP (PS3.3, sections A.51 and C.8.20), through highdicom."""

from __future__ import annotations

from pathlib import Path

import highdicom
import numpy as np
import pydicom

from tfpartial.data.formats.dicom_errors import dicom_errors
from tfpartial.data.formats.dicom_text import text_of
from tfpartial.data.formats.segments import NamedSegments
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError

BACKGROUND = 0
"""Segment number of the background that a LABELMAP may describe."""


class DicomSeg(NamedSegments):
    """An `OpenLabel` of a DICOM-SEG. Its keys are the SegmentLabels, its grid that of its own frames.

    Frames without a voxel may be missing: the grid reaches from the first frame to the last, of whatever segment. Whether the
    image has the same FrameOfReferenceUID is not looked at: the grids must fit anyhow.

    Raises:
        FileError: `unreadable`; `fractional_label`: a FRACTIONAL segmentation; `no_grid`: frames that make no evenly spaced
            volume.
    """

    def __init__(self, path: Path) -> None:
        with dicom_errors(path):
            self._object = highdicom.seg.segread(path)
            kind = self._object.SegmentationType
            self._numbers = [number for number in self._object.segment_numbers if number != BACKGROUND]
            labels = _labels(path)
            names = [labels[number] for number in self._numbers]
            if kind == "FRACTIONAL":
                raise FileError(path, "fractional_label", "expected a BINARY or LABELMAP segmentation, got a FRACTIONAL one")
            super().__init__(path, self._grid(path), f"dicom_seg {kind}", names)

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
            volume = self._object.get_volume(segment_numbers=[self._numbers[number]], dtype=np.uint8)
            assert self.native is not None
            return self.native.to_lps(volume.array[..., 0]) != 0


def _labels(path: Path) -> dict[int, str]:
    """Segment number -> SegmentLabel, as the bytes have it: highdicom gives what pydicom makes of a wrong character set."""
    content = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SegmentSequence"])
    return {int(item.SegmentNumber): text_of(item, "SegmentLabel") for item in content.SegmentSequence}
