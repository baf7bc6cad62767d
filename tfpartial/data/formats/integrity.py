"""What ITK does not say about a file.

Of a file that ends early it reads what is there and leaves zeros, it passes over wrong checksums, and in a NIfTI file it replaces
NaN and infinite values by 0 (all seen with SimpleITK 2.5). So the bytes are looked at here, before ITK reads them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from isal import isal_zlib

from tfpartial.data.formats.nifti_header import NIFTI2, NiftiHeader
from tfpartial.data.formats.volume_header import GZIP, read_volume_header
from tfpartial.data.problem import FileError

CHUNK = 1 << 16
"""Compressed bytes per step: zeros expand a thousandfold, so that a step takes 64 MB at most."""

GZIP_START = 0x1F
"""The first byte of every gzip stream."""


def check_file(path: Path) -> None:
    """Reads the bytes of a volume file once, in constant memory.

    Packed voxels: checksum and length. NIfTI: as many bytes as the header announces, and no NaN or infinite voxel.

    Raises:
        FileError: as `read_volume_header`; `truncated`; `damaged`: not the packed stream that it should be; `not_finite`.
    """
    voxels = read_volume_header(path)
    if path.name.lower().endswith((".nii", ".nii.gz")):
        _check_nifti(path)
    elif voxels.window is not None:
        size = sum(len(chunk) for chunk in _unpack(voxels.file, voxels.window, voxels.offset))
        if size < voxels.size:
            raise FileError(voxels.file, "truncated", f"ends early: expected {voxels.size} bytes of voxels, got {size}")


def _check_nifti(path: Path) -> None:
    chunks = _unpack(path, GZIP) if path.name.lower().endswith(".gz") else _read(path)
    start = b""
    for chunk in chunks:
        start += chunk
        if len(start) >= NIFTI2:
            break
    header = NiftiHeader.parse(start)
    size, bad = _scan(chain([start], chunks), header)
    if header is not None and size < header.file_bytes:
        raise FileError(path, "truncated", f"ends early: expected {header.file_bytes} bytes of header and voxels, got {size}")
    if bad:
        raise FileError(path, "not_finite", f"{bad} voxels are NaN or infinite")


def check_voxels(voxels: np.ndarray, path: Path) -> np.ndarray:
    """The voxels themselves.

    Raises:
        FileError: `not_finite`. Not for NIfTI, whose NaN ITK has replaced by 0 before: `check_file` finds those.
    """
    if np.issubdtype(voxels.dtype, np.floating):
        bad = voxels.size - int(np.isfinite(voxels).sum())
        if bad:
            raise FileError(path, "not_finite", f"{bad} voxels are NaN or infinite")
    return voxels


def _scan(chunks: Iterator[bytes], header: NiftiHeader | None) -> tuple[int, int]:
    """Number of bytes, and of voxels that are NaN or infinite."""
    size, bad, rest = 0, 0, b""
    kind = header.kind if header and header.kind is not None and header.kind.kind == "f" else None
    for chunk in chunks:
        if header and kind:
            rest += chunk[max(0, header.offset - size) : max(0, header.file_bytes - size)]
            count = len(rest) // kind.itemsize
            values = np.frombuffer(rest, kind, count)
            bad += count - int(np.isfinite(values).sum())
            rest = rest[count * kind.itemsize :]
        size += len(chunk)
    return size, bad


def _read(path: Path, offset: int = 0) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(offset)
        while chunk := file.read(CHUNK):
            yield chunk


def _unpack(path: Path, window: int, offset: int = 0) -> Iterator[bytes]:
    """The bytes of a gzip or zlib stream. By `isal`, which takes a third of zlib's time."""
    name = "gzip" if window == GZIP else "zlib"
    stream = isal_zlib.decompressobj(window)
    try:
        for chunk in _read(path, offset):
            while chunk:
                yield stream.decompress(chunk)
                chunk = stream.unused_data.lstrip(b"\0")  # another member may follow, or padding
                if chunk and window == GZIP and chunk[0] != GZIP_START:
                    raise FileError(path, "damaged", "has bytes of something else after the end of its gzip stream")
                if chunk:
                    stream = isal_zlib.decompressobj(window)
    except isal_zlib.error as error:  # type: ignore[misc]  # its stub calls the class an instance
        raise FileError(path, "damaged", f"is no sound {name} file: {error}") from error
    if not stream.eof:
        raise FileError(path, "truncated", f"ends early: the {name} stream has no end")
