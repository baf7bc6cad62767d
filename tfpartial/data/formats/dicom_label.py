"""DICOM objects that hold contours: which of them a file is, and quiet reading."""

from __future__ import annotations

from pathlib import Path

import pydicom
from pydicom.uid import RTStructureSetStorage, SegmentationStorage

from tfpartial.data.formats.dicom_errors import dicom_errors
from tfpartial.data.formats.opened import OpenLabel
from tfpartial.data.problem import FileError

LABEL_MAP_SEGMENTATION_STORAGE = "1.2.840.10008.5.1.4.1.1.66.7"
"""Newer than pydicom's dictionary (DICOM 2024d)."""


def open_dicom_label(path: Path, fill_gaps: int = 0) -> OpenLabel:
    """Opens a DICOM-SEG or an RTSTRUCT.

    Args:
        path: the file.
        fill_gaps: see `RTStruct`.

    Raises:
        FileError: `not_a_label`: another kind of object; `unreadable`; what the object's own reader refuses.
    """
    with dicom_errors(path):
        kind = pydicom.dcmread(path, specific_tags=["SOPClassUID"], stop_before_pixels=True).get("SOPClassUID")
    if kind in (SegmentationStorage, LABEL_MAP_SEGMENTATION_STORAGE):
        from tfpartial.data.formats.dicom_seg import DicomSeg

        return DicomSeg(path)
    if kind == RTStructureSetStorage:
        from tfpartial.data.formats.rtstruct import RTStruct

        return RTStruct(path, fill_gaps)
    got = "an object without SOPClassUID" if kind is None else getattr(kind, "name", kind)  # damage may leave anything there
    raise FileError(path, "not_a_label", f"expected a DICOM segmentation or an RT structure set, got {got}")
