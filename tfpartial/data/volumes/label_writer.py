"""A label map written from slabs: long volumes pass through bounded memory."""

from __future__ import annotations

import zlib
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

import numpy as np
import SimpleITK as sitk

from tfpartial.data.formats import nifti_writer
from tfpartial.data.formats.stored_slices import SLOWEST
from tfpartial.data.formats.volume_file import write_image
from tfpartial.data.geometry import Geometry
from tfpartial.errors import TfpartialError

FASTEST = 1
"""zlib's level for slices in memory."""


class LabelWriter(AbstractContextManager["LabelWriter"]):
    """Writes a label map on the native grid from LPS slabs, in any order.

    Holds the slices compressed: about 1 % of a byte per voxel, and one slice at a time as it writes a NIfTI file whose slowest
    axis is z (another one is put together in memory first). The file appears when `close` has written all of it; when an
    exception passes, nothing is left.

    Args:
        path: the file; its ending chooses the format.
        native: the stored grid to write on.
    """

    def __init__(self, path: Path, native: Geometry) -> None:
        self.path = path
        self.native = native
        self._slices: dict[int, bytes] = {}
        self._closed = False

    def write(self, z_start: int, slab: np.ndarray) -> None:
        """Sets the slices from `z_start` on.

        Args:
            z_start: LPS index of the slab's first slice.
            slab: uint8 `[n, Y, X]` in LPS.

        Raises:
            TfpartialError: another dtype or in-plane size, or slices outside the volume.
        """
        depth, height, width = self.native.shape_zyx
        z_stop = z_start + len(slab)
        if slab.dtype != np.uint8 or slab.shape[1:] != (height, width) or z_start < 0 or z_stop > depth:
            raise TfpartialError(
                f"{self.path}: expected uint8 slices [n, {height}, {width}] within 0..{depth}, "
                f"got {slab.dtype} {list(slab.shape)} at {z_start}"
            )
        for z, piece in enumerate(slab, start=z_start):
            self._slices[z] = zlib.compress(piece.tobytes(), FASTEST)

    def close(self) -> None:
        """Writes the file, once. Raises `TfpartialError` when slices are missing or the file cannot be written."""
        if self._closed:
            return
        depth = self.native.shape_zyx[0]
        missing = [z for z in range(depth) if z not in self._slices]
        if missing:
            raise TfpartialError(f"{self.path}: {len(missing)} slices were not written, the first is {missing[0]}")
        axis, reverse = self.native.stored_z()
        if axis == SLOWEST and self.path.name.endswith(nifti_writer.ENDINGS):
            order = range(depth - 1, -1, -1) if reverse else range(depth)
            nifti_writer.write_slices(self.path, self.native, (self._stored(z, z + 1).tobytes() for z in order))
        else:
            write_image(self.native.stamp(sitk.GetImageFromArray(self._stored(0, depth))), self.path)
        self._closed = True

    def _stored(self, start: int, stop: int) -> np.ndarray:
        """uint8, slices `start` to `stop` in the order and orientation of the file."""
        _, height, width = self.native.shape_zyx
        voxels = b"".join(zlib.decompress(self._slices[z]) for z in range(start, stop))
        lps = np.frombuffer(voxels, np.uint8).reshape(stop - start, height, width)
        return np.ascontiguousarray(self.native.from_lps(lps))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if kind is None:
            self.close()
