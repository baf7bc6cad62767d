"""What ITK does not say about a file.

Of a file that ends early it reads what is there and leaves zeros, and in a NIfTI file it replaces NaN and infinite values by 0
(both seen with SimpleITK 2.5). So the bytes are looked at here, before ITK reads them.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from tfpartial.data.problem import FileError

GZIP = 31
"""zlib's code for a gzip stream, whose checksum and length it then verifies."""
CHUNK = 1 << 16
"""Compressed bytes per step: zeros expand a thousandfold, so that a step takes 64 MB at most."""
NIFTI1, NIFTI2 = 348, 540
"""Sizes of the two NIfTI headers; the first number of the file."""
FLOATS = {16: "f4", 64: "f8"}
"""NIfTI's codes of the data types that know NaN."""


def check_file(path: Path) -> None:
    """Reads the bytes of a volume file once, in constant memory.

    gzip: checksum and length. NIfTI: as many bytes as the header announces, and no NaN or infinite voxel.

    Raises:
        FileError: `truncated`; `damaged`: not the gzip stream that its name says; `not_finite`.
    """
    chunks = _gunzip(path) if path.name.endswith(".gz") else _read(path)
    start = b""
    for chunk in chunks:
        start += chunk
        if len(start) >= NIFTI2:
            break
    header = Header.parse(start) if ".nii" in path.suffixes else None
    size, bad = _scan(chain([start], chunks), header)
    if header is not None and size < header.file_bytes:
        raise FileError(path, "truncated", f"ends early: expected {header.file_bytes} bytes of header and voxels, got {size}")
    if bad:
        raise FileError(path, "not_finite", f"{bad} voxels are NaN or infinite")


@dataclass(frozen=True)
class Header:
    """What a NIfTI header says about the voxels that follow.

    Args:
        offset: place of the first voxel in the file.
        voxel_bytes: bytes of all voxels.
        float_type: numpy's name of the voxels' type when it is a floating one, else empty.
    """

    offset: int
    voxel_bytes: int
    float_type: str

    @property
    def file_bytes(self) -> int:
        """Bytes that the file must have."""
        return self.offset + self.voxel_bytes

    @classmethod
    def parse(cls, start: bytes) -> Header | None:
        """The header of NIfTI-1 or NIfTI-2 in either byte order; None when it is none (the reader then says what it is)."""
        for order in "<>":
            if len(start) >= NIFTI1 and start[:4] == struct.pack(f"{order}i", NIFTI1):
                dimensions = struct.unpack_from(f"{order}8h", start, 40)
                code, bits = struct.unpack_from(f"{order}2h", start, 70)
                (offset,) = struct.unpack_from(f"{order}f", start, 108)
            elif len(start) >= NIFTI2 and start[:4] == struct.pack(f"{order}i", NIFTI2):
                dimensions = struct.unpack_from(f"{order}8q", start, 16)
                code, bits = struct.unpack_from(f"{order}2h", start, 12)
                (offset,) = struct.unpack_from(f"{order}q", start, 168)
            else:
                continue
            voxels = math.prod(dimensions[1 : 1 + dimensions[0]])
            return cls(int(offset), voxels * bits // 8, order + FLOATS[code] if code in FLOATS else "")
        return None


def _scan(chunks: Iterator[bytes], header: Header | None) -> tuple[int, int]:
    """Number of bytes, and of voxels that are NaN or infinite."""
    size, bad, rest = 0, 0, b""
    kind = np.dtype(header.float_type) if header and header.float_type else None
    for chunk in chunks:
        if header and kind:
            rest += chunk[max(0, header.offset - size) : max(0, header.file_bytes - size)]
            count = len(rest) // kind.itemsize
            values = np.frombuffer(rest, kind, count)
            bad += count - int(np.isfinite(values).sum())
            rest = rest[count * kind.itemsize :]
        size += len(chunk)
    return size, bad


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _gunzip(path: Path) -> Iterator[bytes]:
    """The bytes of a gzip file. Not Python's `gzip`, which takes 1.7 times as long."""
    stream = zlib.decompressobj(GZIP)
    try:
        for chunk in _read(path):
            while chunk:
                yield stream.decompress(chunk)
                chunk = stream.unused_data.lstrip(b"\0")  # another member may follow, or padding
                if chunk:
                    stream = zlib.decompressobj(GZIP)
    except zlib.error as error:
        raise FileError(path, "damaged", f"is no sound gzip file: {error}") from error
    if not stream.eof:
        raise FileError(path, "truncated", "ends early: the gzip stream has no end")
