"""Thick connected regions of marked voxels: what is left when the uncertainty along every boundary is taken away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from tfpartial.audit.doubt import Marked

Box = tuple[slice, slice, slice]
NEIGHBOURS = np.ones((3, 3, 3), bool)
"""Voxels that touch at a corner are connected."""


@dataclass(frozen=True)
class Region:
    """Marked voxels that belong together.

    Args:
        box: their place in the volume.
        mask: bool, of the shape of the box.
        mean_probability: mean of ŷ over them.
    """

    box: Box
    mask: np.ndarray
    mean_probability: float

    @property
    def voxels(self) -> int:
        """How many they are."""
        return int(np.count_nonzero(self.mask))

    def centre(self, spacing_mm_zyx: tuple[float, float, float]) -> tuple[int, int, int]:
        """The voxel of the region that is nearest to its centre of mass, in the volume: inside also when the region is bent."""
        places = np.argwhere(self.mask)
        distances = (((places - places.mean(axis=0)) * spacing_mm_zyx) ** 2).sum(axis=1)
        z, y, x = (int(place) + part.start for place, part in zip(places[distances.argmin()], self.box, strict=True))
        return z, y, x


def half_widths(shape: tuple[int, ...], spacing_mm: tuple[float, ...], margin_mm: float) -> tuple[int, ...]:
    """Half the width of the cuboid of `keep_thick` along each axis, in voxels: the margin, rounded, and at least one voxel.

    An axis with fewer voxels than the cuboid is as wide as it can be: a single slice counts as thick.
    """
    return tuple(min(max(1, round(margin_mm / mm)), (size - 1) // 2) for size, mm in zip(shape, spacing_mm, strict=True))


def keep_thick(mask: np.ndarray, halves: tuple[int, ...]) -> np.ndarray:
    """A morphological opening: the union of all cuboids of 2 · half + 1 voxels along each axis that lie in the mask.

    A model and an expert differ by a voxel or a slice along most of an organ's boundary. Such shells are thinner than the
    cuboid, and they go; of a region that hangs together with one, only the shell goes.

    Args:
        mask: bool `[Z, Y, X]`; outside of it nothing is marked.
        halves: what `half_widths` gives.

    Returns:
        bool of the same shape.
    """
    size = tuple(2 * half + 1 for half in halves)
    core = ndimage.minimum_filter(mask.view(np.uint8), size, mode="constant", cval=0)
    return ndimage.maximum_filter(core, size, mode="constant", cval=0).view(bool)


def find_regions(
    marked: Marked, spacing_mm_zyx: tuple[float, float, float], margin_mm: float, smallest: int, joined: bool = False
) -> list[Region]:
    """The thick regions (`keep_thick`) of marked voxels, connected through faces, edges and corners.

    In memory are a byte per voxel of the volume, and seven per voxel of the box around all marked ones.

    Args:
        marked: the voxels.
        spacing_mm_zyx: their spacing.
        margin_mm: half of the smallest thickness.
        smallest: least number of voxels of a region.
        joined: all that is left is one region, as the parts of one organ are.
    """
    box = _box(marked.mask)
    if box is None:
        return []
    inside = np.ascontiguousarray(marked.mask[box])
    thick = keep_thick(inside, half_widths(marked.mask.shape, spacing_mm_zyx, margin_mm))
    numbers = thick.astype(np.int32) if joined else ndimage.label(thick, NEIGHBOURS)[0]
    at = numbers[inside]  # the region of each marked voxel, in their order
    voxels, sums = np.bincount(at), np.bincount(at, weights=marked.probability)
    return [
        Region(_shifted((z, y, x), box), numbers[z, y, x] == number, float(sums[number] / voxels[number]))
        for number, (z, y, x) in enumerate(ndimage.find_objects(numbers), start=1)
        if voxels[number] >= smallest
    ]


def _box(mask: np.ndarray) -> Box | None:
    """The smallest box around the true voxels."""
    places = [np.flatnonzero(mask.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    if not len(places[0]):
        return None
    z, y, x = (slice(int(place[0]), int(place[-1]) + 1) for place in places)
    return z, y, x


def _shifted(part: Box, within: Box) -> Box:
    z, y, x = (slice(one.start + at.start, one.stop + at.start) for one, at in zip(part, within, strict=True))
    return z, y, x
