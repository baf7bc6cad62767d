"""Axial, coronal and sagittal slices, as a radiologist sees them."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from tfpartial.labels import IGNORE, count_numbers

Plane = Literal["axial", "coronal", "sagittal"]


class View(NamedTuple):
    """How a plane is shown."""

    axis: int
    """The axis of `[Z, Y, X]` that the plane is cut along."""
    left: str
    """What the left edge of the picture is: the patient's right, or front (anterior)."""
    top: str
    """What its upper edge is: front, or head (superior)."""


VIEWS: dict[Plane, View] = {
    "axial": View(0, "R", "A"),
    "coronal": View(1, "R", "S"),
    "sagittal": View(2, "A", "S"),
}


def cut(array: np.ndarray, plane: Plane, index: int) -> np.ndarray:
    """A slice of `[Z, Y, X]` in LPS as it is shown, a view: rows downward, columns to the right; the head is at the top.

    Args:
        array: the volume.
        plane: axial `[Y, X]`, coronal `[Z, X]` or sagittal `[Z, Y]`.
        index: place along z, y or x: from the feet, from the front, from the patient's right.
    """
    slice_ = np.moveaxis(array, VIEWS[plane].axis, 0)[index]
    return slice_ if plane == "axial" else slice_[::-1]


def pixel_mm(spacing_mm_zyx: tuple[float, float, float], plane: Plane) -> tuple[float, float]:
    """Height and width of the pixels of a plane's slices."""
    rows, columns = (spacing for axis, spacing in enumerate(spacing_mm_zyx) if axis != VIEWS[plane].axis)
    return rows, columns


def shows_organ(label: np.ndarray) -> bool:
    """Whether uint8 of any shape has an organ's code."""
    return bool(np.any((label > 0) & (label != IGNORE)))


def pick_slice(label: np.ndarray) -> int:
    """The slice of uint8 `[n, H, W]` that shows most organs and, of those that do, most organ voxels."""
    voxels = np.stack([count_numbers(plane, IGNORE + 1)[1:IGNORE] for plane in label])
    return int(np.lexsort((voxels.sum(axis=1), (voxels > 0).sum(axis=1)))[-1])


def pick_slices(label: np.ndarray, plane: Plane, count: int) -> list[int]:
    """Slices of a plane that show organs: one, the best (`pick_slice`); of several, those evenly over where organs are.

    Args:
        label: uint8 `[Z, Y, X]` with at least one organ voxel.
        plane: the plane.
        count: number of slices; fewer when organs are on fewer.
    """
    planes = np.moveaxis(label, VIEWS[plane].axis, 0)
    if count == 1:
        return [pick_slice(planes)]
    shown = np.flatnonzero([shows_organ(piece) for piece in planes])
    places = (len(shown) * (np.arange(count) + 0.5) / count).astype(int)  # the middle of each of `count` equal parts
    return shown[np.unique(places)].tolist()
