"""What the header of a volume file says of its voxels, looked at before ITK does.

ITK believes headers: it takes memory for whatever they claim, reads files that they name wherever these lie, replaces some
numbers (a spacing of 0 or NaN in a NIfTI file becomes 1 mm), and writes to the terminal.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tfpartial.data.formats import nifti_reader
from tfpartial.data.formats.metaimage import read_metaimage_header
from tfpartial.data.formats.nrrd_header import read_nrrd_header
from tfpartial.data.formats.stored_voxels import StoredVoxels
from tfpartial.data.problem import FileError


def _read_nifti_header(path: Path) -> StoredVoxels:
    header = nifti_reader.read_start(path)
    if header is None and not path.name.lower().endswith(".gz") and nifti_reader.is_packed(path):
        raise FileError(path, "unreadable", "is packed with gzip, which its name does not say: rename it to end in '.nii.gz'")
    if header is None:
        raise FileError(path, "unreadable", "is no NIfTI file: expected a header of 348 or 540 bytes at its start")
    fault = header.fault()
    if fault:
        raise FileError(path, "bad_header", fault)
    if path.name.lower().endswith(".gz"):
        return StoredVoxels(path, 0, header.file_bytes, "gzip")
    return StoredVoxels(path, header.offset, header.file_bytes - header.offset, None)


def _read_metaimage(path: Path) -> StoredVoxels:
    return read_metaimage_header(path).voxels


FORMATS: dict[str, Callable[[Path], StoredVoxels]] = {
    ".nii.gz": _read_nifti_header,
    ".nii": _read_nifti_header,
    ".nrrd": read_nrrd_header,
    ".nhdr": read_nrrd_header,
    ".mha": _read_metaimage,
    ".mhd": _read_metaimage,
}
"""Ending -> the reader of the header."""


def ending_of(path: Path) -> str | None:
    """The ending of a volume file; None for another file."""
    return next((ending for ending in FORMATS if path.name.lower().endswith(ending)), None)


def read_volume_header(path: Path) -> StoredVoxels:
    """Where the voxels of a volume file are.

    Raises:
        FileError: `missing_file`; `unknown_format`: another ending; `unreadable`: not what the ending says; `bad_header`;
            `truncated`, `damaged`; `outside`, `several_files`: see `stored_voxels.beside`.
    """
    if not path.is_file():
        raise FileError(path, "missing_file", "expected a file, got a folder" if path.is_dir() else "no such file")
    ending = ending_of(path)
    if ending is None:
        raise FileError(path, "unknown_format", f"expected a volume file ({', '.join(FORMATS)}), a picture or a DICOM folder")
    voxels = FORMATS[ending](path)
    voxels.require_room()
    return voxels
