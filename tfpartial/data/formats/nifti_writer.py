"""A NIfTI label map written slice by slice: the volume is never in memory as a whole."""

from __future__ import annotations

import errno
import gzip
import os
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import SimpleITK as sitk

from tfpartial.artifacts import atomic_file
from tfpartial.data.geometry import Geometry

ENDINGS = (".nii", ".nii.gz")
HEADER_BYTES = 352
"""NIfTI-1: a header of 348 bytes and four that say that no extension follows."""
DIM_3 = slice(46, 48)
"""NIfTI-1: the third of the sizes `dim`, little-endian int16: the number of slices."""
GZIP_LEVEL = 6


def write_slices(path: Path, grid: Geometry, slices: Iterable[bytes]) -> None:
    """Writes uint8 slices in the order of the file, atomically.

    Args:
        path: `.nii` or `.nii.gz`.
        grid: the stored grid.
        slices: the voxels of each stored slice, as many as the grid has.
    """
    with atomic_file(path) as temporary:
        header = _header(grid, temporary.parent)
        with temporary.open("wb") as raw:
            # No name and no time inside: equal label maps are equal files.
            packed = path.name.endswith(".gz")
            stream = gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=0) if packed else nullcontext(raw)
            with stream as file:
                file.write(header)
                for voxels in slices:
                    file.write(voxels)


def _header(grid: Geometry, folder: Path) -> bytes:
    """What SimpleITK writes in front of a volume of this grid; it is shown one of two slices, and the number is set after.

    Args:
        grid: the stored grid.
        folder: where it may write that volume.

    Raises:
        OSError: the disk is full.
    """
    width, height, depth = grid.size_xyz
    image = replace(grid, size_xyz=(width, height, 2)).stamp(sitk.Image((width, height, 2), sitk.sitkUInt8))
    path = folder / "header.nii"
    sitk.WriteImage(image, str(path))
    header = bytearray(path.read_bytes()[:HEADER_BYTES])
    path.unlink()
    if len(header) < HEADER_BYTES:  # ITK does not say so
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    header[DIM_3] = depth.to_bytes(2, "little", signed=True)
    return bytes(header)
