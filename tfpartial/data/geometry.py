"""The grid of a volume, and the exact map between its stored orientation and LPS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import permutations, product

import numpy as np
import SimpleITK as sitk

AXIS_LETTERS = ("LR", "PA", "SI")
"""Per world axis x, y, z: the letter of an array axis that runs towards its positive and its negative end."""


@dataclass(frozen=True)
class Geometry:
    """A grid in the patient's space (world axes x, y, z towards left, posterior and head).

    Args:
        size_xyz: number of voxels along the first, second and third stored axis.
        spacing_mm_xyz: distance of neighbours along these axes.
        origin_mm_xyz: world position of the first voxel's centre.
        direction: 3 × 3 direction cosines, row by row; column a is the unit vector of the stored axis a.
    """

    size_xyz: tuple[int, int, int]
    spacing_mm_xyz: tuple[float, float, float]
    origin_mm_xyz: tuple[float, float, float] = (0.0, 0.0, 0.0)
    direction: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)

    def __post_init__(self) -> None:
        for name in ("size_xyz", "spacing_mm_xyz", "origin_mm_xyz", "direction"):  # lists, when they come from JSON
            object.__setattr__(self, name, tuple(getattr(self, name)))

    @classmethod
    def of(cls, image: sitk.Image | sitk.ImageFileReader) -> Geometry:
        """The grid of an image, or of the file whose header a reader has read."""
        axes = image.GetDimension()
        matrix = np.reshape(image.GetDirection(), (axes, axes))[:3, :3]  # a fourth axis of length 1 says nothing
        return cls(image.GetSize()[:3], image.GetSpacing()[:3], image.GetOrigin()[:3], tuple(matrix.ravel().tolist()))

    def stamp(self, image: sitk.Image) -> sitk.Image:
        """Gives `image`, which must have `size_xyz`, this grid; returns it."""
        image.SetSpacing(self.spacing_mm_xyz)
        image.SetOrigin(self.origin_mm_xyz)
        image.SetDirection(self.direction)
        return image

    @cached_property
    def orientation(self) -> str:
        """Three letters: where the stored axes run to, to the nearest world axis (`LPS` is DICOM's usual one)."""
        letters = {axis: AXIS_LETTERS[world][int(reverse)] for world, (axis, reverse) in enumerate(self._axes)}
        return "".join(letters[axis] for axis in range(3))

    @cached_property
    def shape_zyx(self) -> tuple[int, int, int]:
        """Shape of the volume as an LPS array."""
        return self.lps.size_xyz[::-1]

    @cached_property
    def spacing_mm_zyx(self) -> tuple[float, float, float]:
        """Spacing along the axes of the LPS array."""
        return self.lps.spacing_mm_xyz[::-1]

    @cached_property
    def lps(self) -> Geometry:
        """The same voxels in LPS order: axes swapped and reversed, nothing moved."""
        x, y, z = axes = [axis for axis, _ in self._axes]
        signs = [-1.0 if reverse else 1.0 for _, reverse in self._axes]
        start = [self.size_xyz[axis] - 1 if reverse else 0 for axis, reverse in sorted(self._axes)]
        return Geometry(
            size_xyz=(self.size_xyz[x], self.size_xyz[y], self.size_xyz[z]),
            spacing_mm_xyz=(self.spacing_mm_xyz[x], self.spacing_mm_xyz[y], self.spacing_mm_xyz[z]),
            origin_mm_xyz=tuple(self.positions_mm(np.array(start)).tolist()),
            direction=tuple((self._matrix[:, axes] * signs).ravel().tolist()),
        )

    def to_lps(self, stored: np.ndarray) -> np.ndarray:
        """A view of the stored array (axes third, second, first; then any others) as LPS `[z, y, x, ...]`."""
        order, reverse = self._array_axes
        rest = tuple(range(3, stored.ndim))
        return np.flip(stored.transpose(*order, *rest), reverse)

    def from_lps(self, array: np.ndarray) -> np.ndarray:
        """The exact inverse of `to_lps`: a view of LPS `[z, y, x, ...]` in the stored order."""
        order, reverse = self._array_axes
        rest = tuple(range(3, array.ndim))
        return np.flip(array, reverse).transpose(*np.argsort(order), *rest)

    def stored_z(self) -> tuple[int, bool]:
        """The stored axis that runs along z, and whether it runs towards the feet."""
        return self._axes[2]

    def positions_mm(self, indices: np.ndarray) -> np.ndarray:
        """World positions `[..., 3]` of voxel indices `[..., 3]`, both in the order x, y, z."""
        return np.asarray(self.origin_mm_xyz) + (indices * np.asarray(self.spacing_mm_xyz)) @ self._matrix.T

    def indices(self, positions_mm: np.ndarray) -> np.ndarray:
        """The inverse of `positions_mm`: voxel indices `[..., 3]`, with fractions, of world positions `[..., 3]`."""
        return (positions_mm - np.asarray(self.origin_mm_xyz)) @ np.linalg.inv(self._matrix).T / np.asarray(self.spacing_mm_xyz)

    @cached_property
    def _matrix(self) -> np.ndarray:
        return np.asarray(self.direction, dtype=float).reshape(3, 3)

    @cached_property
    def _axes(self) -> tuple[tuple[int, bool], ...]:
        """Per world axis: the stored axis nearest to it, and whether that runs the other way.

        The assignment with the largest sum of cosines: unlike a greedy choice it is defined for every oblique grid, and the way
        back uses the same assignment, so a round trip is exact by construction. Rounded, so that header noise does not decide
        between axes at 45 degrees.
        """
        closeness = np.abs(self._matrix)
        best = max(permutations(range(3)), key=lambda axes: round(float(closeness[range(3), axes].sum()), 6))
        return tuple((axis, bool(self._matrix[world, axis] < 0)) for world, axis in enumerate(best))

    @cached_property
    def _array_axes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Array axes count backwards: per LPS array axis the stored array axis, and the LPS array axes to reverse."""
        backwards = self._axes[::-1]
        order = tuple(2 - axis for axis, _ in backwards)
        return order, tuple(place for place, (_, reverse) in enumerate(backwards) if reverse)


def difference(first: Geometry, second: Geometry, tolerance_mm: float) -> str | None:
    """How two grids differ, or None when they are one grid.

    Both are compared in LPS order, so a file may store the same grid in another orientation. The distance is the largest
    displacement of corresponding corner voxels: it covers spacing, origin and direction at once.

    Args:
        first, second: the grids.
        tolerance_mm: the largest distance at which they are still one grid.
    """
    first, second = first.lps, second.lps
    if first.size_xyz != second.size_xyz:
        return f"sizes differ: {_text(first.size_xyz)} and {_text(second.size_xyz)} voxels (x, y, z in LPS)"
    corners = np.array(list(product(*((0, size - 1) for size in first.size_xyz))))
    apart_mm = float(np.linalg.norm(first.positions_mm(corners) - second.positions_mm(corners), axis=1).max())
    if apart_mm <= tolerance_mm:
        return None
    names = {"spacing": "spacing_mm_xyz", "origin": "origin_mm_xyz", "direction": "direction"}
    values = ((name, getattr(first, field), getattr(second, field)) for name, field in names.items())
    parts = [f"{name} {_text(one)} and {_text(other)}" for name, one, other in values if one != other]
    return f"grids are up to {apart_mm:.4g} mm apart (tolerance {tolerance_mm:g} mm): {', '.join(parts)} (x, y, z in LPS)"


def _text(values: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{value:.6g}" for value in values) + ")"
