"""Volumes in slabs of slices: long volumes pass through bounded memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

import numpy as np
import SimpleITK as sitk

from tfpartial.data import streamed_nifti
from tfpartial.data.geometry import Geometry
from tfpartial.data.volume import common_geometry, execute, lps_array, open_volume, read_volume, to_hu, write_image
from tfpartial.errors import TfpartialError

FASTEST = 1
"""zlib's level for slices in memory."""
SLOWEST = 2
"""The stored axis whose slices lie one after the other in a file."""


class SlabReader:
    """Reads the channels of one case slab by slab, from the feet to the head.

    Only the slab is in memory when z is the file's slowest axis, as in nearly every file; else the whole volume is read once.

    Args:
        paths: one file per channel.

    Raises:
        TfpartialError: a file that cannot be read, or channels on different grids.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = tuple(paths)
        self.native = common_geometry([(path, open_volume(path)) for path in self.paths])
        self.shape_zyx = self.native.shape_zyx
        self.spacing_mm_zyx = self.native.spacing_mm_zyx

    def slabs(self, size: int) -> Iterator[tuple[int, np.ndarray]]:
        """Yields `(z_start, int16 HU [n, Y, X, C])` in LPS; n is `size`, and less at the end.

        Raises:
            TfpartialError: NaN or infinite voxels, or a file that ends early.
        """
        # Channels may be stored in different orientations; each must have z slowest to be streamed.
        readers = [(path, open_volume(path)) for path in self.paths]
        streams = all(Geometry.of(reader).stored_z()[0] == SLOWEST for _, reader in readers)
        whole = None if streams else read_volume(self.paths).array
        for z_start in range(0, self.shape_zyx[0], size):
            count = min(size, self.shape_zyx[0] - z_start)
            if whole is not None:
                yield z_start, whole[z_start : z_start + count]
            else:
                # No name is kept for the slab here: it would stay in memory while the next one is read.
                yield z_start, np.stack([_read_slab(reader, path, z_start, count) for path, reader in readers], axis=-1)


def _read_slab(reader: sitk.ImageFileReader, path: Path, z_start: int, count: int) -> np.ndarray:
    """int16 HU `[count, Y, X]` of one channel whose slowest axis is z."""
    geometry = Geometry.of(reader)
    width, height, depth = geometry.size_xyz
    first = depth - z_start - count if geometry.stored_z()[1] else z_start
    reader.SetExtractIndex([0, 0, first])
    reader.SetExtractSize([width, height, count])
    return to_hu(lps_array(execute(reader, path)), path)


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
        if axis == SLOWEST and self.path.name.endswith(streamed_nifti.ENDINGS):
            order = range(depth - 1, -1, -1) if reverse else range(depth)
            streamed_nifti.write_slices(self.path, self.native, (self._stored(z, z + 1).tobytes() for z in order))
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
