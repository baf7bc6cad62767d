"""What ITK does not say about a file.

Of a file that ends early it reads what is there and leaves zeros, it passes over wrong checksums, and in a NIfTI file it replaces
NaN and infinite values by 0 (all seen with SimpleITK 2.5). So the bytes are looked at here, before ITK reads them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tfpartial.data.formats.nifti_header import NiftiHeader
from tfpartial.data.formats.nifti_pair import voxels_of
from tfpartial.data.formats.nifti_reader import read_start
from tfpartial.data.formats.packed_stream import read_chunks, unpack
from tfpartial.data.formats.volume_header import NIFTI, ending_of, read_volume_header
from tfpartial.data.problem import FileError


def check_file(path: Path) -> None:
    """Reads the bytes of a volume file once, in constant memory.

    Packed voxels: checksum and length. NIfTI: as many bytes as the header announces, and no NaN or infinite voxel.

    Raises:
        FileError: as `read_volume_header`; `truncated`; `damaged`: not the packed stream that it should be; `not_finite`.
    """
    voxels = read_volume_header(path)
    if ending_of(path) in NIFTI:
        _check_nifti(path)
    elif voxels.packing is not None:
        size = sum(len(chunk) for chunk in unpack(voxels.file, voxels.packing, voxels.offset))
        if size < voxels.size:
            raise FileError(voxels.file, "truncated", f"ends early: expected {voxels.size} bytes of voxels, got {size}")


def _check_nifti(path: Path) -> None:
    header, voxels = read_start(path), voxels_of(path)
    chunks = unpack(voxels, "gzip") if voxels.name.lower().endswith(".gz") else read_chunks(voxels)
    size, bad = _scan(chunks, header)
    if header is not None and size < header.file_bytes:
        reason = f"ends early: expected {header.file_bytes} bytes of {header.content}, got {size}"
        raise FileError(voxels, "truncated", reason)
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
