"""The voxels of a NIfTI file, in the order of the file.

ITK unpacks a `.nii.gz` from its start for every part that is asked for, fills up with zeros what ends early, makes NaN 0, and
takes the voxels of `a.nii` for those of `a.nii.gz` where both are there (seen with SimpleITK 2.5). By `slabs`, each byte is
unpacked once (by Intel's ISA-L, about three times as fast as zlib), and checksum and length are verified.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from isal import igzip, isal_zlib

from tfpartial.data.formats.nifti_header import NIFTI2, NiftiHeader
from tfpartial.data.formats.nifti_pair import header_of, voxels_of
from tfpartial.data.problem import FileError

DIMENSIONS = 3
GZIP_START = b"\x1f\x8b"
CHUNK = 1 << 20
"""Bytes read at a time where they are only counted."""


def read_start(path: Path) -> NiftiHeader | None:
    """The header of a file or, of either one, of its pair; None when it is none. Raises `FileError`: `truncated`, `damaged`."""
    with _opened(header_of(path)) as file:
        return NiftiHeader.parse(file.read(NIFTI2))


def has_slabs(header: NiftiHeader) -> bool:
    """Whether `slabs` can read the voxels: 3D, and real numbers."""
    is_3d = len(header.dimensions) >= DIMENSIONS and all(length == 1 for length in header.dimensions[DIMENSIONS:])
    return is_3d and header.kind is not None


def slabs(path: Path, header: NiftiHeader, size: int) -> Iterator[np.ndarray]:
    """Yields `size` slices `[n, third, second, first stored axis]` at a time, less at the end.

    Args:
        path: the file.
        header: its header, which `has_slabs`.
        size: slices of the third stored axis.

    Raises:
        FileError: `truncated`, or `damaged`: not the gzip stream that its name says.
    """
    depth = header.dimensions[DIMENSIONS - 1]
    path = voxels_of(path)
    with _opened(path) as file:
        _skip(file, header.offset)
        for start in range(0, depth, size):
            yield _next(file, path, header, start, min(size, depth - start))
        while file.read(CHUNK):  # the checksum comes at the very end
            pass


def read_slices(path: Path, header: NiftiHeader, start: int, stop: int) -> np.ndarray:
    """The slices `start..stop-1` of the third stored axis. A packed file is unpacked from its start. Raises as `slabs`."""
    path = voxels_of(path)
    with _opened(path) as file:
        file.seek(header.offset + start * _slice_bytes(header))
        return _next(file, path, header, start, stop - start)


def _slice_bytes(header: NiftiHeader) -> int:
    assert header.kind is not None
    return header.dimensions[0] * header.dimensions[1] * header.kind.itemsize


def _next(file: IO[bytes], path: Path, header: NiftiHeader, start: int, count: int) -> np.ndarray:
    """The next `count` slices; `start` have come before."""
    width, height = header.dimensions[:2]
    expected = count * _slice_bytes(header)
    content = file.read(expected)
    if len(content) < expected:
        got = header.offset + start * _slice_bytes(header) + len(content)
        reason = f"ends early: expected {header.file_bytes} bytes of {header.content}, got {got}"
        raise FileError(path, "truncated", reason)
    return _values(np.frombuffer(content, header.kind).reshape(count, height, width), header)


def _values(stored: np.ndarray, header: NiftiHeader) -> np.ndarray:
    native = stored.astype(stored.dtype.newbyteorder("="), copy=False)
    if header.scaling is None:
        return native
    slope, intercept = header.scaling
    with np.errstate(over="ignore", invalid="ignore"):  # what becomes infinite is found as such
        return (native * slope + intercept).astype(np.float32)  # as ITK does


def _skip(file: IO[bytes], count: int) -> None:
    while count > 0 and (content := file.read(min(count, CHUNK))):
        count -= len(content)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        with igzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
            yield file
    except EOFError as error:
        reason = "ends early: the gzip stream has no end, or bytes of something else stand after its end"
        raise FileError(path, "truncated", reason) from error
    except (igzip.BadGzipFile, isal_zlib.error) as error:  # type: ignore[misc]  # its stub calls the class an instance
        bare = NiftiHeader.parse(_begin(path)) is not None
        what = "it is a NIfTI file that is not packed; rename it to end in '.nii'" if bare else error
        raise FileError(path, "damaged", f"is no sound gzip file: {what}") from error


def is_packed(path: Path) -> bool:
    """Whether a file begins as gzip does, whatever its name."""
    return _begin(path).startswith(GZIP_START)


def _begin(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(NIFTI2)
