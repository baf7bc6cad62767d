"""What every format gives: an image that can be read in slabs, a label that can be asked for its segments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from tfpartial.data.files import Key, Step
from tfpartial.data.geometry import Geometry


class OpenImage(Protocol):
    """A 3D image of one number per voxel, whose header was read and found good."""

    @property
    def native(self) -> Geometry:
        """The stored grid; after resampling, the grid that the voxels were resampled to."""

    @property
    def history(self) -> tuple[Step, ...]:
        """What reading it does: first `read`, with the file and its format."""

    @property
    def slice_files(self) -> tuple[Path, ...]:
        """The file of each stored slice, where every slice has a file of its own; else none."""

    def slabs(self, size: int) -> Iterator[tuple[int, np.ndarray]]:
        """Yields `(z_start, [n, Y, X])` in LPS from the feet to the head, n = `size` and less at the end, in any real dtype.

        Raises:
            FileError: the voxels cannot be read, or are NaN or infinite.
        """


class OpenLabel(Protocol):
    """A file of contours."""

    @property
    def native(self) -> Geometry | None:
        """The stored grid; None for contours that are drawn on the image's grid."""

    @property
    def history(self) -> tuple[Step, ...]:
        """What reading it does."""

    def keys(self) -> tuple[Key, ...]:
        """The segments, or the values other than 0, that the file holds, each once."""

    def mask(self, key: Key, like: Geometry) -> np.ndarray:
        """bool `[Z, Y, X]` in LPS on the file's own grid (on `like` for contours): the voxels of a segment, value or `NONZERO`.

        Raises:
            FileError: `unknown_segment`, with the segments that are there; voxels that cannot be read.
        """
