"""The headers of the DICOM files in a folder.

Headers are read by pydicom, which tells a missing element from one with a default value, as GDCM does not (a missing PixelSpacing
becomes 1 mm), and which reads files without pixels. For the pixels see `dicom_stored`.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydicom import FileDataset, dcmread
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.uid import UID

from tfpartial.data.formats.dicom_slice import KEYWORDS, Slice
from tfpartial.data.formats.quiet_pydicom import quiet_pydicom
from tfpartial.data.problem import FileError

MARK = slice(128, 132)
BARE_STARTS = (b"\x08\x00", b"\x02\x00")
"""How files without the 128-byte preamble begin, as old exports write them: group 0008 or 0002, little endian."""
ENDINGS = (".dcm", ".ima", ".dicom")
NO_SLICES = ("SEG", "RTDOSE", "RTIMAGE")
"""Modalities whose files have pixels that are no image slices."""
PIXEL_GROUP = (b"\xe0\x7f", b"\x7f\xe0")
"""Group 7FE0 in either byte order: the pixels follow."""
UNPARSABLE = (
    *(AttributeError, EOFError, IndexError, KeyError, NotImplementedError, OverflowError, TypeError, ValueError),
    *(BytesLengthException, InvalidDicomError, struct.error, zlib.error),
)
"""What pydicom raises on damaged bytes."""


@dataclass(frozen=True)
class Listing:
    """What a folder holds.

    Args:
        slices: the image files.
        others: name of the SOP class -> number of DICOM files that are no image slices.
        skipped: number of files that are no DICOM.
    """

    slices: tuple[Slice, ...]
    others: Counter[str]
    skipped: int


def read_headers(folder: Path) -> Listing:
    """The headers of the files in `folder`; subfolders are not entered, hidden files not looked at.

    Raises:
        FileError: `damaged`: a file that is named like DICOM, or is marked as DICOM, and cannot be parsed; `truncated`: an image
            without pixels, or with fewer than it says; `unreadable`; and as `Slice.of`.
    """
    # A link that leads nowhere is no file, yet a slice may be missing there.
    files = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".") and not path.is_dir()]
    found = [_read(path) for path in files]
    return Listing(
        slices=tuple(one for one in found if isinstance(one, Slice)),
        others=Counter(one for one in found if isinstance(one, str)),
        skipped=found.count(None),
    )


def _read(path: Path) -> Slice | str | None:
    """The header of a slice, the SOP class of another DICOM file, or None for what is no DICOM."""
    try:
        with path.open("rb") as file:
            start = file.read(MARK.stop)
            file.seek(0)
            marked = start[MARK] == b"DICM"
            found = _parse(path, file, marked) if marked or start.startswith(BARE_STARTS) else None
    except OSError as error:
        raise FileError(path, "unreadable", f"cannot be read: {error.strerror or error}") from error
    if found is None and path.suffix.lower() in ENDINGS:
        raise FileError(path, "damaged", f"is named like a DICOM file and is none ({path.stat().st_size} bytes)")
    return found


def _parse(path: Path, file: BinaryIO, marked: bool) -> Slice | str | None:
    """As `_read`. A file that is not marked as DICOM may be anything, so that it is no error when it cannot be parsed."""
    try:
        with quiet_pydicom():
            dataset = dcmread(file, stop_before_pixels=True, force=True, specific_tags=["SOPClassUID", *KEYWORDS])
            syntax = dataset.file_meta.get("TransferSyntaxUID")
            # A deflated file was inflated whole, and so found sound, to read its header.
            has_pixels = file.read(2) in PIXEL_GROUP or (syntax is not None and syntax.is_deflated)
            found = _describe(path, dataset, has_pixels)
            packed = syntax is not None and (syntax.is_compressed or syntax.is_deflated)
            if isinstance(found, Slice) and not packed:
                _require_room(found, path.stat().st_size - file.tell())
            return found
    except UNPARSABLE as error:
        if not marked:
            return None
        raise FileError(path, "damaged", f"is no sound DICOM file: {' '.join(str(error).split())}") from error


def _require_room(one: Slice, there: int) -> None:
    """Whether the file can hold its pixels, which are not compressed: GDCM would first take memory for what the header claims."""
    height, width = one.size_yx
    if height * width > there:  # a byte each, at least
        raise FileError(one.path, "truncated", f"ends early: expected {height} × {width} pixels, got {there} bytes")


def _describe(path: Path, dataset: FileDataset, has_pixels: bool) -> Slice | str | None:
    uid = dataset.file_meta.get("MediaStorageSOPClassUID") or dataset.get("SOPClassUID") or ""
    sop_class, modality = UID(str(uid)).name, str(dataset.get("Modality") or "")
    if modality in NO_SLICES:
        return sop_class or modality
    if has_pixels and "Rows" in dataset:
        return Slice.of(path, dataset)
    if sop_class.endswith("Image Storage"):
        raise FileError(path, "truncated", f"ends early: expected the pixels of a {sop_class.removesuffix(' Storage')}")
    return sop_class or modality or None
