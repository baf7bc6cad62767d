"""Where the slices of a series lie in the patient, and whether they make a grid."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from tfpartial.data.formats.dicom_identity import require_one_stack
from tfpartial.data.formats.dicom_slice import Slice
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError

TOLERANCE_MM = 0.1
"""How far a slice may lie from its place on the grid: above the rounding of headers, below what a contour shows."""
TOLERANCE_SHARE = 0.1
"""The same as a share of the slices' distance, for thin slices."""
DIFFERENT_COSINES = 1e-3
SAME_POSITION_MM = 0.01


@dataclass(frozen=True)
class Stack:
    """Slices of one size, spacing and orientation, in the order of their positions along the normal.

    Args:
        slices: from the lowest position along the normal.
        spacing_mm_xy: distance of columns, then of rows.
        axes: `[3, 3]`; the columns are the direction of a row, the direction of a column, and the normal.
        offsets_mm: `[n, 3]`: the slices' positions against the first slice, along `axes`.
    """

    slices: tuple[Slice, ...]
    spacing_mm_xy: tuple[float, float]
    axes: np.ndarray
    offsets_mm: np.ndarray

    @cached_property
    def distances_mm(self) -> np.ndarray:
        """`[n - 1]`: distances of neighbours along the normal."""
        return np.diff(self.offsets_mm[:, 2])

    @cached_property
    def step_mm(self) -> float:
        """The mean distance of neighbours; the slice thickness of a single slice."""
        return float(self.distances_mm.mean()) if len(self.slices) > 1 else float(self.slices[0].thickness_mm or 0)

    @cached_property
    def tilt_degrees(self) -> float:
        """The angle between the direction in which the slices are stacked and their normal; 0 within the tolerance."""
        aside_mm = np.linalg.norm(self.offsets_mm[:, :2], axis=1)
        worst = int(aside_mm.argmax())
        return math.degrees(math.atan2(aside_mm[worst], self.offsets_mm[worst, 2])) if aside_mm[worst] > TOLERANCE_MM else 0.0

    @cached_property
    def is_even(self) -> bool:
        """Whether every slice lies on its place along the normal, within the tolerance."""
        places = np.arange(len(self.slices)) * self.step_mm
        return bool(np.abs(self.offsets_mm[:, 2] - places).max() <= min(TOLERANCE_MM, TOLERANCE_SHARE * self.step_mm))

    def grid(self, size_xyz: Sequence[int], step_mm: float, start_mm: Sequence[float] = (0.0, 0.0, 0.0)) -> Geometry:
        """A grid along the stack's axes.

        Args:
            size_xyz: its size.
            step_mm: distance of its slices.
            start_mm: its first voxel against that of the first slice, along the stack's axes.
        """
        origin_mm = np.array(self.slices[0].position_mm) + self.axes @ np.asarray(start_mm)
        x, y, z = (int(length) for length in size_xyz)
        direction = (self.axes + 0.0).ravel().tolist()  # + 0.0: no -0.0
        return Geometry((x, y, z), (*self.spacing_mm_xy, step_mm), tuple(origin_mm.tolist()), tuple(direction))

    @property
    def native(self) -> Geometry:
        """The grid of slices that are neither tilted nor uneven."""
        height, width = self.slices[0].size_yx
        return self.grid((width, height, len(self.slices)), self.step_mm)

    def why_no_grid(self) -> tuple[str, str] | None:
        """The kind and the description of what is wrong; None when the slices make a grid."""
        if not self.tilt_degrees and self.is_even:
            return None
        parts = []
        if self.tilt_degrees:
            parts.append(f"the slices are tilted by {self.tilt_degrees:.4g} degrees against the direction of their stack")
        if not self.is_even:
            gap = int(self.distances_mm.argmax())
            parts.append(
                f"their distances vary from {self.distances_mm.min():.4g} to {self.distances_mm.max():.4g} mm "
                f"(the largest lies between {self.slices[gap].path.name} and {self.slices[gap + 1].path.name})"
            )
        return "gantry_tilt" if self.tilt_degrees else "uneven_slices", " and ".join(parts)


def stack(folder: Path, slices: Sequence[Slice]) -> Stack:
    """Orders the slices of a series.

    Args:
        folder: the folder, for errors.
        slices: in any order, at least one.

    Raises:
        FileError: `multi_frame`, `mosaic`, `colour`, `mixed_sizes`, `no_position`, `no_orientation`, `no_pixel_spacing`,
            `mixed_orientations`, `mixed_spacing`, `bad_header`, `duplicate_slices`, `interleaved`, `no_slice_thickness`.
    """
    _require_same(folder, slices, "mixed_sizes", "sizes (y, x)", lambda one: one.size_yx, 0.0)
    for one in slices:
        _require_plain(one)
        _require_placed(one)
    _require_same(folder, slices, "mixed_orientations", "orientations", lambda one: one.orientation, DIFFERENT_COSINES)
    _require_same(folder, slices, "mixed_spacing", "pixel spacings (mm)", lambda one: one.spacing_mm_yx, DIFFERENT_COSINES)
    axes = _axes(slices[0])
    positions_mm = np.array([one.position_mm for one in slices])
    order = np.argsort(positions_mm @ axes[:, 2], kind="stable")
    row_mm, column_mm = slices[0].spacing_mm_yx or (0.0, 0.0)
    ordered = Stack(
        tuple(slices[place] for place in order),
        (column_mm, row_mm),
        axes,
        (positions_mm[order] - positions_mm[order[0]]) @ axes,
    )
    _require_distinct(folder, ordered)
    require_one_stack(folder, ordered.slices)
    return ordered


def _require_plain(one: Slice) -> None:
    if one.frames != 1:
        reason = f"holds {one.frames} frames (enhanced DICOM); expected one slice per file: convert it, to NIfTI for instance"
        raise FileError(one.path, "multi_frame", reason)
    if "MOSAIC" in one.image_type:
        reason = "is a mosaic: all slices of a volume side by side in one picture (Siemens); expected one slice per file"
        raise FileError(one.path, "mosaic", f"{reason}: convert it, to NIfTI for instance")
    if one.samples != 1:
        raise FileError(one.path, "colour", f"has {one.samples} colours per pixel; expected one grey value")


def _require_placed(one: Slice) -> None:
    needed = {
        "no_position": ("ImagePositionPatient", one.position_mm),
        "no_orientation": ("ImageOrientationPatient", one.orientation),
        "no_pixel_spacing": ("PixelSpacing", one.spacing_mm_yx),
    }
    for kind, (keyword, value) in needed.items():
        if value is None:
            raise FileError(one.path, kind, f"has no {keyword}; the place and size of its pixels in the patient are unknown")


def _require_same(
    folder: Path, slices: Sequence[Slice], kind: str, what: str, of: Callable[[Slice], Any], tolerance: float
) -> None:
    first = slices[0]
    for other in slices[1:]:
        if not np.allclose(of(first), of(other), rtol=0, atol=tolerance):
            values = f"{_text(of(first))} in {first.path.name} and {_text(of(other))} in {other.path.name}"
            reason = f"mixes slices of different {what}, {values}; expected one volume: remove the files that are not part of it"
            raise FileError(folder, kind, reason)


def _axes(one: Slice) -> np.ndarray:
    cosines = np.reshape(one.orientation or (0.0,) * 6, (2, 3))
    if not np.allclose(cosines @ cosines.T, np.eye(2), rtol=0, atol=DIFFERENT_COSINES):
        reason = f"ImageOrientationPatient is {_text(one.orientation)}; expected two unit vectors at right angles"
        raise FileError(one.path, "bad_header", reason)
    # Headers are rounded: an exact normal, and a second axis exactly across it.
    along_row = cosines[0] / np.linalg.norm(cosines[0])
    normal = np.cross(along_row, cosines[1])
    normal /= np.linalg.norm(normal)
    return np.stack([along_row, np.cross(normal, along_row), normal], axis=1)


def _require_distinct(folder: Path, ordered: Stack) -> None:
    same = np.flatnonzero(ordered.distances_mm < SAME_POSITION_MM)
    if same.size:
        first, second = ordered.slices[same[0]], ordered.slices[same[0] + 1]
        names = f"{first.path.name} and {second.path.name}"
        count = f"{len(same)} such pairs in {len(ordered.slices)} slices"
        reason = f"{names} lie at the same place ({count}); expected one slice per place: keep one copy, phase or echo"
        raise FileError(folder, "duplicate_slices", reason)
    if ordered.step_mm <= 0:
        only = ordered.slices[0]
        raise FileError(only.path, "no_slice_thickness", "is the only slice and has no SliceThickness; its extent is unknown")


def _text(values: Sequence[float] | None) -> str:
    return "(" + ", ".join(f"{value:.6g}" for value in values or ()) + ")"
