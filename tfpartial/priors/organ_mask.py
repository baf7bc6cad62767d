"""One organ in one annotated case, read slice by slice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tfpartial.errors import TfpartialError
from tfpartial.names import CaseId

Box = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
"""First voxel and one past the last, along z, y, x."""


@dataclass(frozen=True)
class OrganMask:
    """Where an organ is; its voxels are read when asked for, so that a prior of many cases needs the memory of one slice.

    Args:
        case_id: the case.
        shape_zyx: size of its volume.
        spacing_mm_zyx: spacing; the axes are those of the volume, also of an oblique one.
        read: number of a slice -> bool `[H, W]`.
        occupied: slices that show the organ, increasing; empty where it is absent.
    """

    case_id: CaseId
    shape_zyx: tuple[int, int, int]
    spacing_mm_zyx: tuple[float, float, float]
    read: Callable[[int], np.ndarray]
    occupied: tuple[int, ...]

    @classmethod
    def of_array(cls, case_id: CaseId, mask: np.ndarray, spacing_mm_zyx: tuple[float, float, float]) -> OrganMask:
        """Of a volume in memory, bool `[Z, H, W]`. Raises `TfpartialError` for another shape or dtype."""
        if mask.ndim != 3 or mask.dtype != bool:
            raise TfpartialError(f"mask of {case_id}: expected bool [Z, H, W], got {mask.dtype} {mask.shape}")
        occupied = np.flatnonzero(mask.any(axis=(1, 2)))
        z, y, x = mask.shape
        return cls(case_id, (z, y, x), spacing_mm_zyx, mask.__getitem__, tuple(occupied.tolist()))

    def box(self) -> Box | None:
        """Its bounding box; none where the organ is absent."""
        rows = columns = np.zeros(0, bool)
        for z in self.occupied:
            mask = self.read(z)
            if not rows.size:
                rows, columns = np.zeros(mask.shape[0], bool), np.zeros(mask.shape[1], bool)
            rows |= mask.any(axis=1)
            columns |= mask.any(axis=0)
        if not rows.any():
            return None
        return (self.occupied[0], self.occupied[-1] + 1), _span(rows), _span(columns)


def centre_of(box: Box) -> tuple[float, float, float]:
    """The centre of a box, as an index with fractions: that of the middle voxel, or between two."""
    z, y, x = ((first + past - 1) / 2 for first, past in box)
    return z, y, x


def _span(flags: np.ndarray) -> tuple[int, int]:
    places = np.flatnonzero(flags)
    return int(places[0]), int(places[-1]) + 1
