"""Volumes in slabs of slices: long volumes pass through bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from tfpartial.data.files import ImageFile, Step
from tfpartial.data.formats.image import open_image
from tfpartial.data.geometry import Geometry, difference
from tfpartial.data.problem import FileError

SLAB = 64
"""Slices that those hold in memory who read a case once: 32 MiB of a 512x512 image."""
INT16 = np.iinfo(np.int16)
CHANNEL_TOLERANCE_MM = 1e-3
"""Channels of one case must be one grid, up to the float32 rounding of NIfTI headers."""


class SlabReader:
    """Reads the channels of one case slab by slab, from the feet to the head.

    Args:
        images: one per channel.

    Raises:
        FileError: a file that cannot be read, or `channel_grid`: channels on different grids.
    """

    def __init__(self, images: Sequence[ImageFile]) -> None:
        self.images = tuple(images)
        self._opened = [open_image(image) for image in self.images]
        self.native = self._opened[0].native
        for image, opened in zip(self.images[1:], self._opened[1:], strict=True):
            _require_one_grid(self.images[0].path, self.native, image.path, opened.native)
        self.shape_zyx = self.native.shape_zyx
        self.spacing_mm_zyx = self.native.spacing_mm_zyx
        self.slice_files = self._opened[0].slice_files
        self._clipped = [0] * len(self.images)

    @property
    def history(self) -> tuple[Step, ...]:
        """What was done to the voxels; what was clipped is known when all slabs have been read."""
        steps: list[Step] = []
        for image, opened, clipped in zip(self.images, self._opened, self._clipped, strict=True):
            steps += opened.history
            if opened.native.orientation != "LPS":
                steps.append(Step("reorient", {"from": opened.native.orientation, "to": "LPS"}))
            if image.rescale != (1.0, 0.0):
                steps.append(Step("rescale", {"slope": image.rescale[0], "intercept": image.rescale[1]}))
            if clipped:
                steps.append(Step("clip", {"to": "int16", "voxels": clipped}))
        return tuple(steps)

    def slabs(self, size: int) -> Iterator[tuple[int, np.ndarray]]:
        """Yields `(z_start, int16 HU [n, Y, X, C])` in LPS; n is `size`, and less at the end.

        Raises:
            FileError: NaN or infinite voxels, or a file that ends early.
        """
        self._clipped = [0] * len(self.images)
        for channels in zip(*(opened.slabs(size) for opened in self._opened), strict=True):
            # No name is kept for the slab here: it would stay in memory while the next one is read.
            yield channels[0][0], _last_axis([self._hu(number, stored) for number, (_, stored) in enumerate(channels)])

    def _hu(self, channel: int, stored: np.ndarray) -> np.ndarray:
        slope, intercept = self.images[channel].rescale
        if (slope, intercept) != (1.0, 0.0):
            stored = stored * slope + intercept
        hu, clipped = to_hu(stored)
        self._clipped[channel] += clipped
        return hu


def _last_axis(channels: list[np.ndarray]) -> np.ndarray:
    """`[n, Y, X, C]` of `[n, Y, X]` per channel; one channel is not copied."""
    return channels[0][..., np.newaxis] if len(channels) == 1 else np.stack(channels, axis=-1)


def to_hu(numbers: np.ndarray) -> tuple[np.ndarray, int]:
    """Any finite real numbers as int16: fractions are rounded, values beyond int16 clipped to it.

    Returns:
        int16 of the same shape, and the number of clipped voxels.
    """
    if np.can_cast(numbers.dtype, np.int16):
        return numbers.astype(np.int16, copy=False), 0
    if np.issubdtype(numbers.dtype, np.floating):
        numbers = np.rint(numbers)
    lowest = 0 if np.issubdtype(numbers.dtype, np.unsignedinteger) else INT16.min  # clip's bounds must fit the dtype
    clipped = int(np.count_nonzero((numbers < lowest) | (numbers > INT16.max)))
    return numbers.clip(lowest, INT16.max).astype(np.int16), clipped


def _require_one_grid(first: Path, native: Geometry, path: Path, other: Geometry) -> None:
    differs = difference(native, other, CHANNEL_TOLERANCE_MM)
    if differs:
        raise FileError(path, "channel_grid", f"does not lie on the grid of the first channel {first}: {differs}")
