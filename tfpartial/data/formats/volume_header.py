"""What the header of a volume file says of its voxels, looked at before ITK does.

ITK believes headers: it takes memory for whatever they claim, reads files that they name wherever these lie, replaces some
numbers (a spacing of 0 or NaN in a NIfTI file becomes 1 mm), and writes to the terminal.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tfpartial.data.formats import nifti_pair, nifti_reader
from tfpartial.data.formats.metaimage import read_metaimage_header
from tfpartial.data.formats.nifti_header import SINGLE_MAGIC, NiftiHeader
from tfpartial.data.formats.nrrd_header import read_nrrd_header
from tfpartial.data.formats.stored_voxels import StoredVoxels
from tfpartial.data.problem import FileError

NIFTI_IN_ONE = (".nii.gz", ".nii")
NIFTI = (*NIFTI_IN_ONE, *nifti_pair.HEADERS, *nifti_pair.VOXELS)
ANALYZE = "is Analyze 7.5, in which nothing says how the patient lies; expected NIfTI: convert it by a program that knows"


def read_nifti_header(path: Path) -> NiftiHeader:
    """The header of a NIfTI file. Raises `FileError` as `read_volume_header`."""
    _require_file(path)
    header = _sound_nifti(path)
    _nifti_voxels(path, header).require_room()
    return header


def _sound_nifti(path: Path) -> NiftiHeader:
    _require_both(path)
    header = nifti_reader.read_start(path)
    if header is None and not path.name.lower().endswith(".gz") and nifti_reader.is_packed(path):
        raise FileError(path, "unreadable", "is packed with gzip, which its name does not say: rename it to end in '.nii.gz'")
    if header is None:
        raise FileError(path, "unreadable", "is no NIfTI file: expected a header of 348 or 540 bytes at its start")
    _require_ending(path, header)
    fault = header.fault()
    if fault:
        raise FileError(path, "bad_header", fault)
    return header


def _nifti_voxels(path: Path, header: NiftiHeader) -> StoredVoxels:
    voxels = nifti_pair.voxels_of(path)
    if path.name.lower().endswith(".gz"):
        return StoredVoxels(voxels, 0, header.file_bytes, "gzip")
    return StoredVoxels(voxels, header.offset, header.file_bytes - header.offset, None)


def _require_both(path: Path) -> None:
    """Raises `FileError`: `missing_file`: one of a pair is alone."""
    partner = nifti_pair.partner_of(path)
    if partner is not None and not partner.is_file():
        what = "header" if path.name.lower().endswith(nifti_pair.VOXELS) else "voxels"
        raise FileError(path, "missing_file", f"is alone: expected its {what} beside it, in {partner.name}")


def _require_ending(path: Path, header: NiftiHeader) -> None:
    """Raises `FileError`: `unreadable`: Analyze; `bad_header`: a header that says that its voxels are somewhere else."""
    pair = nifti_pair.is_pair(path)
    if pair and header.magic in SINGLE_MAGIC:
        reason = f"the header of a pair says that it holds its voxels ('{header.magic.decode()}'); expected 'ni1' or 'ni2'"
        raise FileError(path, "bad_header", reason)
    if pair and not header.of_pair:
        raise FileError(path, "unreadable", ANALYZE)
    if header.of_pair and not pair:
        reason = f"is the header of a pair ('{header.magic.decode()}'); expected the endings .hdr and .img"
        raise FileError(path, "bad_header", reason)


def _read_nifti(path: Path) -> StoredVoxels:
    return _nifti_voxels(path, _sound_nifti(path))


def _read_metaimage(path: Path) -> StoredVoxels:
    return read_metaimage_header(path).voxels


FORMATS: dict[str, Callable[[Path], StoredVoxels]] = {
    **dict.fromkeys(NIFTI, _read_nifti),
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
    _require_file(path)
    ending = ending_of(path)
    if ending is None:
        raise FileError(path, "unknown_format", f"expected a volume file ({', '.join(FORMATS)}), a picture or a DICOM folder")
    voxels = FORMATS[ending](path)
    voxels.require_room()
    return voxels


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise FileError(path, "missing_file", "expected a file, got a folder" if path.is_dir() else "no such file")
