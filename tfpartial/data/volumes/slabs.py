"""Volumes in slabs of slices: long volumes pass through bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfpartial.data.files import ImageFile, Step
from tfpartial.data.formats.image import open_image
from tfpartial.data.geometry import Geometry, difference
from tfpartial.data.number_map import FINE, NumberMap, NumberMaps, exact, map_of
from tfpartial.data.problem import FileError

SLAB = 64
"""Slices that those hold in memory who read a case once: 32 MiB of a 512x512 image."""
CHANNEL_TOLERANCE_MM = 1e-3
"""Channels of one case must be one grid, up to the float32 rounding of NIfTI headers."""


class SlabReader:
    """Reads the channels of one case slab by slab, from the feet to the head.

    Args:
        images: one per channel.
        maps: how their numbers are stored.

    Raises:
        FileError: a file that cannot be read, or `channel_grid`: channels on different grids.
    """

    def __init__(self, images: Sequence[ImageFile], maps: NumberMaps = ()) -> None:
        self.images = tuple(images)
        self.maps = maps
        self._opened = [open_image(image) for image in self.images]
        self.native = self._opened[0].native
        for image, opened in zip(self.images[1:], self._opened[1:], strict=True):
            _require_one_grid(self.images[0].path, self.native, image.path, opened.native)
        self.shape_zyx = self.native.shape_zyx
        self.spacing_mm_zyx = self.native.spacing_mm_zyx
        self.slice_files = self._opened[0].slice_files
        self.losses = self._no_losses()

    def _no_losses(self) -> tuple[Loss, ...]:
        return tuple(Loss(map_of(self.maps, channel)) for channel in range(len(self.images)))

    @property
    def history(self) -> tuple[Step, ...]:
        """What was done to the voxels; what the stored type took from them is known when all slabs have been read."""
        steps: list[Step] = []
        for image, opened, loss in zip(self.images, self._opened, self.losses, strict=True):
            steps += opened.history
            if opened.native.orientation != "LPS":
                steps.append(Step("reorient", {"from": opened.native.orientation, "to": "LPS"}))
            if image.rescale != (1.0, 0.0):
                steps.append(Step("rescale", {"slope": image.rescale[0], "intercept": image.rescale[1]}))
            steps += loss.steps()
        return tuple(steps)

    def slabs(self, size: int) -> Iterator[tuple[int, np.ndarray]]:
        """Yields `(z_start, [n, Y, X, C])` in LPS; n is `size`, and less at the end. Numbers as their maps store them: mostly HU.

        Raises:
            FileError: NaN or infinite voxels, or a file that ends early.
        """
        self.losses = self._no_losses()
        for channels in self._channels(size):
            # No name is kept for the slab here: it would stay in memory while the next one is read.
            yield channels[0][0], _last_axis([self._stored(number, stored) for number, (_, stored) in enumerate(channels)])

    def numbers(self, size: int) -> Iterator[tuple[int, np.ndarray]]:
        """As `slabs`, but the numbers themselves: int16 where they are such, else float32."""
        for channels in self._channels(size):
            yield channels[0][0], _last_axis([exact(self._number(number, stored)) for number, (_, stored) in enumerate(channels)])

    def _channels(self, size: int) -> Iterator[tuple[tuple[int, np.ndarray], ...]]:
        return zip(*(opened.slabs(size) for opened in self._opened), strict=True)

    def _number(self, channel: int, stored: np.ndarray) -> np.ndarray:
        slope, intercept = self.images[channel].rescale
        return stored if (slope, intercept) == (1.0, 0.0) else stored * slope + intercept

    def _stored(self, channel: int, stored: np.ndarray) -> np.ndarray:
        return self.losses[channel].store(self._number(channel, stored))


@dataclass
class Loss:
    """What the stored type takes from the numbers of a channel.

    Args:
        map: how they are stored.
        clipped: voxels beyond its ends.
        rounding: the largest distance of a number from the one that is stored for it, where it was not clipped.
        lowest, highest: the range of numbers that lose something.
    """

    map: NumberMap
    clipped: int = 0
    rounding: float = 0.0
    lowest: float = np.inf
    highest: float = -np.inf

    def store(self, numbers: np.ndarray) -> np.ndarray:
        """The numbers as they are stored, and counted here."""
        stored, clipped = self.map.stored(numbers)
        self.clipped += clipped
        if self.map.values != "int16" and not np.can_cast(numbers.dtype, stored.dtype):
            self._note(numbers, stored.astype(np.float64))
        elif self.map.values == "int16" and self.map.plain and np.issubdtype(numbers.dtype, np.floating):
            self._note(numbers, np.rint(numbers))
        return stored

    def _note(self, numbers: np.ndarray, rounded: np.ndarray) -> None:
        self.lowest, self.highest = min(self.lowest, float(numbers.min())), max(self.highest, float(numbers.max()))
        self.rounding = max(self.rounding, float(np.abs(numbers - rounded).max()))

    @property
    def coarse(self) -> bool:
        """Whether rounding took more than 1/1000 of the range."""
        return self.rounding > 0 and self.rounding > FINE * (self.highest - self.lowest)

    def steps(self) -> Iterator[Step]:
        """What was done, for the history."""
        whole = self.map.values == "int16"
        if whole and not self.map.plain:
            yield Step("scale", {"to": "int16", "slope": self.map.slope, "intercept": self.map.intercept})
        if self.rounding:
            yield Step("round", {"to": "whole numbers" if whole else self.map.values, "largest_difference": self.rounding})
        if self.clipped:
            yield Step("clip", {"to": self.map.values, "voxels": self.clipped})


def _last_axis(channels: list[np.ndarray]) -> np.ndarray:
    """`[n, Y, X, C]` of `[n, Y, X]` per channel; one channel is not copied."""
    return channels[0][..., np.newaxis] if len(channels) == 1 else np.stack(channels, axis=-1)


def _require_one_grid(first: Path, native: Geometry, path: Path, other: Geometry) -> None:
    differs = difference(native, other, CHANNEL_TOLERANCE_MM)
    if differs:
        raise FileError(path, "channel_grid", f"does not lie on the grid of the first channel {first}: {differs}")
