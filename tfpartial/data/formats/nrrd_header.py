"""The header of an NRRD file, as far as it says where the voxels are (teem.sourceforge.net/nrrd/format.html)."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Literal

import numpy as np

from tfpartial.data.formats.packed_stream import Packing
from tfpartial.data.formats.stored_voxels import StoredVoxels, beside
from tfpartial.data.problem import FileError

MAGIC = b"NRRD000"
LONGEST_LINE = 1 << 20
KINDS = {
    "i1": "signed char|int8|int8_t",
    "u1": "uchar|unsigned char|uint8|uint8_t",
    "i2": "short|short int|signed short|signed short int|int16|int16_t",
    "u2": "ushort|unsigned short|unsigned short int|uint16|uint16_t",
    "i4": "int|signed int|int32|int32_t",
    "u4": "uint|unsigned int|uint32|uint32_t",
    "i8": "longlong|long long|long long int|signed long long|signed long long int|int64|int64_t",
    "u8": "ulonglong|unsigned long long|unsigned long long int|uint64|uint64_t",
    "f4": "float",
    "f8": "double",
}
TYPES = {name: np.dtype(kind) for kind, names in KINDS.items() for name in names.split("|")}
"""Name of a type -> numpy's."""
PACKINGS: dict[str, Packing] = {"gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2"}
ENCODINGS = (*PACKINGS, "raw", "txt", "text", "ascii", "hex")
ORDERS: dict[str, Literal["<", ">"]] = {"little": "<", "big": ">"}


def read_nrrd_header(path: Path) -> StoredVoxels:
    """Where the voxels of an NRRD file are.

    Raises:
        FileError: `unreadable`: no NRRD file; `bad_header`; `truncated`: a header without end; `outside`, `several_files`:
            see `beside`.
    """
    fields, offset = read_fields(path)
    sizes = _sizes(path, fields.get("sizes", ""))
    kind = fields.get("type", "")
    if kind not in TYPES:
        raise FileError(path, "bad_header", f"'type': expected a type of whole or real numbers, got '{kind}'")
    encoding = fields.get("encoding", "").lower()
    if encoding not in ENCODINGS:
        reason = f"'encoding': '{encoding}' is not read; expected one of {', '.join(ENCODINGS)}: save the file in one of these"
        raise FileError(path, "bad_header", reason)
    packing = PACKINGS.get(encoding)
    # As text, a voxel takes one letter at least.
    size = prod(sizes) * (TYPES[kind].itemsize if packing or encoding == "raw" else 1)
    name = fields.get("data file", fields.get("datafile"))
    return StoredVoxels(path if name is None else beside(path, name), offset if name is None else 0, size, packing)


def read_nrrd_kind(path: Path) -> np.dtype:
    """numpy's type of a voxel in the byte order of a file of which `read_nrrd_header` holds. Raises `FileError`: `bad_header`."""
    fields = read_fields(path)[0]
    kind, order = TYPES[fields["type"]], fields.get("endian", "").lower()
    if kind.itemsize == 1:
        return kind
    if order not in ORDERS:
        raise FileError(path, "bad_header", f"'endian': expected little or big, got '{order}'")
    return kind.newbyteorder(ORDERS[order])


def read_fields(path: Path) -> tuple[dict[str, str], int]:
    """The fields, by their names in small letters, and the place where the header ends. Raises as `read_nrrd_header`."""
    fields: dict[str, str] = {}
    with path.open("rb") as file:
        if not file.readline(LONGEST_LINE).startswith(MAGIC):
            raise FileError(path, "unreadable", "is no NRRD file: expected NRRD0001 to NRRD0005 at its start")
        while line := file.readline(LONGEST_LINE).rstrip(b"\r\n"):
            name, colon, value = line.decode("latin-1").partition(":")
            if colon and not value.startswith("="):  # key := value is the writer's own
                fields[name.strip().lower()] = value.strip()
        if "data file" not in fields and "datafile" not in fields and file.tell() == path.stat().st_size:
            raise FileError(path, "truncated", "ends early: the header is not followed by voxels")
        return fields, file.tell()


def _sizes(path: Path, text: str) -> list[int]:
    sizes = [int(word) if word.isascii() and word.isdecimal() else 0 for word in text.split()]
    if not sizes or min(sizes) < 1:
        raise FileError(path, "bad_header", f"'sizes': expected whole numbers from 1 on, got '{text}'")
    return sizes
