"""One probability volume per organ, on the native grid."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np
import SimpleITK as sitk

from tfpartial.data.formats.volume_file import write_image
from tfpartial.data.geometry import Geometry
from tfpartial.errors import TfpartialError
from tfpartial.unfinished import workspace

PROBABILITIES = "probabilities"
"""Folder beside the label maps: `probabilities/<case>/<organ>.nii.gz`."""


def organ_file(organ: str) -> str:
    """The file name of an organ: everything but letters, digits, `.`, `-` and `_` becomes `_`, and so does a `.` before it."""
    return re.sub(r"[^\w.-]|^\.", "_", organ) + ".nii.gz"


class ProbabilityWriter(AbstractContextManager["ProbabilityWriter"]):
    """Collects the slabs of all organs in a scratch file and writes `<folder>/<organ>.nii.gz`, float32, when the block ends.

    Memory: one organ's volume. Scratch: 4 bytes per voxel and organ, beside `folder`, gone at the end. When an exception passes,
    no file is written.

    Args:
        folder: the case's folder.
        native: the stored grid to write on.
        organs: names, in the order of the channels.

    Raises:
        TfpartialError: two organs would share a file name.
    """

    def __init__(self, folder: Path, native: Geometry, organs: Sequence[str]) -> None:
        self.folder = folder
        self.native = native
        self.organs = organs
        twice = [organ for organ in organs if sum(organ_file(other) == organ_file(organ) for other in organs) > 1]
        if twice:
            raise TfpartialError(f"organs {', '.join(twice)} would share a file name in {folder}")
        with ExitStack() as scratch:
            path = scratch.enter_context(workspace(folder)) / "probabilities.f32"
            self._volumes = _mapped(path, (len(organs), *native.shape_zyx))
            self._scratch = scratch.pop_all()

    def write(self, z_start: int, slab: np.ndarray) -> None:
        """Sets the slices from `z_start` on: float32 `[n, Y, X, K]` in LPS."""
        self._volumes[:, z_start : z_start + len(slab)] = np.moveaxis(slab, -1, 0)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        try:
            if kind is None:
                for organ, volume in zip(self.organs, self._volumes, strict=True):
                    self._write_organ(organ, volume)
        finally:
            del self._volumes
            self._scratch.close()

    def _write_organ(self, organ: str, volume: np.ndarray) -> None:
        image = self.native.stamp(sitk.GetImageFromArray(np.ascontiguousarray(self.native.from_lps(volume))))
        write_image(image, self.folder / organ_file(organ))


def _mapped(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """float32 zeros in a new file. Its room on the disk is taken at once: a page without room would end the process (SIGBUS)."""
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, 4 * math.prod(shape))
    return np.memmap(path, dtype=np.float32, mode="r+", shape=shape)
