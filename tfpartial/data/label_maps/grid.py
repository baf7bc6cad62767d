"""Labels on the grid of their image."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from tfpartial.data.files import Grid, Step
from tfpartial.data.geometry import Geometry, difference
from tfpartial.data.problem import FileError

Placement = Callable[[np.ndarray], np.ndarray]
"""From an array `[Z, Y, X]` on the label's grid, in LPS, to one on the image's."""


def placement(
    path: Path, native: Geometry | None, like: Geometry, grid: Grid, tolerance_mm: float, cropped: bool
) -> tuple[Placement, tuple[Step, ...]]:
    """How the voxels of a label file come to the image's grid, and the steps of the history for it.

    Args:
        path: the file.
        native: its grid; None when it is on `like` already.
        like: the image's grid.
        grid: what to do with a label on another grid.
        tolerance_mm: the largest distance at which two grids are one.
        cropped: whether the file may leave out the empty margins of the image's grid, as formats with segments do: its voxels
            are then put to their places, and nothing is interpolated.

    Raises:
        FileError: `label_grid`, naming both grids.
    """
    differs = native and difference(like, native, tolerance_mm)
    if native is None or not differs:
        return (lambda array: array), ()
    start = _start_within(native.lps, like.lps, tolerance_mm) if cropped else None
    if start is not None:
        return (lambda array: _padded(array, start, like.shape_zyx)), ()
    if grid == "same":
        reason = f"does not lie on the grid of its image: image and label {differs}"
        raise FileError(path, "label_grid", reason, "set `label_grid` to 'nearest' to resample it there")
    step = Step("resample", {"file": str(path), "to": "the image's grid", "method": "nearest", "because": differs})
    return (lambda array: _nearest(array, native.lps, like.lps, path)), (step,)


def _start_within(part: Geometry, whole: Geometry, tolerance_mm: float) -> tuple[int, int, int] | None:
    """Where (z, y, x) a grid that is a part of another begins in it; None when it is no part of it. Both in LPS order."""
    start = np.rint(whole.indices(np.asarray(part.origin_mm_xyz))).astype(int)
    if (start < 0).any() or (start + part.size_xyz > whole.size_xyz).any():
        return None
    same_place = Geometry(part.size_xyz, whole.spacing_mm_xyz, tuple(whole.positions_mm(start).tolist()), whole.direction)
    return None if difference(same_place, part, tolerance_mm) else tuple(start[::-1].tolist())


def _padded(array: np.ndarray, start: tuple[int, int, int], shape: tuple[int, int, int]) -> np.ndarray:
    result = np.zeros(shape, array.dtype)
    result[tuple(slice(first, first + size) for first, size in zip(start, array.shape, strict=True))] = array
    return result


def _nearest(array: np.ndarray, native: Geometry, like: Geometry, path: Path) -> np.ndarray:
    """An array resampled by nearest neighbour in world space; 0 where the label's grid does not reach. Both in LPS order."""
    voxels = np.ascontiguousarray(array).view(np.uint8) if array.dtype == bool else array
    resampler = sitk.ResampleImageFilter()
    resampler.SetInterpolator(sitk.sitkNearestNeighbor)
    resampler.SetSize(like.size_xyz)
    resampler.SetOutputSpacing(like.spacing_mm_xyz)
    resampler.SetOutputOrigin(like.origin_mm_xyz)
    resampler.SetOutputDirection(like.direction)
    result = sitk.GetArrayFromImage(resampler.Execute(native.stamp(sitk.GetImageFromArray(voxels)))).astype(array.dtype)
    if array.any() and not result.any():
        lost = int(np.count_nonzero(array))
        raise FileError(
            path, "label_grid", f"none of its {lost} label voxels is left on the image's grid: do both belong together?"
        )
    return result
