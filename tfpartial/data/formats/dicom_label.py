"""DICOM objects that hold contours: which of them a file is, and quiet reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom
from pydicom.uid import RTStructureSetStorage, SegmentationStorage

from tfpartial.data.formats.opened import OpenLabel
from tfpartial.data.formats.quiet_pydicom import quiet_pydicom
from tfpartial.data.problem import FileError

LABEL_MAP_SEGMENTATION_STORAGE = "1.2.840.10008.5.1.4.1.1.66.7"
"""Newer than pydicom's dictionary (DICOM 2024d)."""


def open_dicom_label(path: Path) -> OpenLabel:
    """Opens a DICOM-SEG or an RTSTRUCT.

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

        return RTStruct(path)
    got = "an object without SOPClassUID" if kind is None else getattr(kind, "name", kind)  # damage may leave anything there
    raise FileError(path, "not_a_label", f"expected a DICOM segmentation or an RT structure set, got {got}")


@contextmanager
def dicom_errors(path: Path) -> Iterator[None]:
    """Around calls of pydicom and highdicom: no warning gets out, and what they raise becomes `FileError`: `unreadable`."""
    with quiet_pydicom():
        try:
            yield
        except FileError:
            raise
        except Exception as error:  # they raise whatever the bytes lead them to: KeyError, AttributeError, struct.error, ...
            text = " ".join(str(error).split()) or type(error).__name__
            raise FileError(path, "unreadable", f"cannot be read as DICOM: {text}") from error
