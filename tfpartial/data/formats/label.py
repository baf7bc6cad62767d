"""Opens a file of contours, whatever its format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tfpartial.data.files import NiftiForm
from tfpartial.data.formats.image import PICTURES
from tfpartial.data.formats.label_map import open_picture_map, open_stack_map, open_volume_map
from tfpartial.data.formats.opened import OpenLabel
from tfpartial.data.formats.segmented_nrrd import has_segments, open_segmented_nrrd
from tfpartial.data.formats.volume_file import is_volume_file
from tfpartial.data.problem import FileError

PREAMBLE = 128
"""A DICOM file begins with as many bytes of anything, and then `DICM` (PS3.10, section 7.1)."""


def open_label(path: Path, slice_files: Sequence[Path] = (), fill_gaps: int = 0, nifti_form: NiftiForm = "sform") -> OpenLabel:
    """Opens a label file by what it holds.

    A folder has pictures, one per slice. A DICOM file is a DICOM-SEG or an RTSTRUCT, an NRRD file with Slicer's fields has named
    segments, and any other volume file or picture is a label map.

    Args:
        path: the file or folder.
        slice_files: the files of the image's slices in its stored order, when it is a series (see `open_stack_map`).
        fill_gaps: see `RTStruct`.
        nifti_form: see `LabelFile`.

    Raises:
        FileError: `missing_file`; `not_a_label`: another DICOM object; what the format's own reader refuses.
    """
    if path.is_dir() and not is_volume_file(path):
        return open_stack_map(path, slice_files)
    if not path.is_file():
        raise FileError(path, "missing_file", "expected a file, got a folder" if path.is_dir() else "no such file")
    if _is_dicom(path):
        from tfpartial.data.formats.dicom_label import open_dicom_label  # an extra

        return open_dicom_label(path, fill_gaps)
    if path.suffix.lower() in PICTURES:
        return open_picture_map(path)
    return open_segmented_nrrd(path) if has_segments(path) else open_volume_map(path, nifti_form)


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(PREAMBLE + 4)[PREAMBLE:] == b"DICM"
