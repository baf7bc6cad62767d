"""Where a NIfTI file says that its voxels are. It has two places to say so, and they may contradict each other.

ITK takes the directions of one and the spacing of `pixdim`; nibabel, and the programs built on it, take all of `sform` where its
code is set, else `qform`. Here it is as in nibabel, unless a user decides; a contradiction is never passed over.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from tfpartial.data.files import NiftiForm, Step
from tfpartial.data.formats.nifti_header import NiftiHeader
from tfpartial.data.formats.sound_grid import fault_of_grid
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError

TOLERANCE_MM = 0.1
"""Rounding of the header: how far a corner of the volume may be from where the other form has it."""
EXACT, NEARLY = 1e-6, 1e-3
"""Cosines of the angle between two axes, from which on they are no longer at right angles, and up to which they are nearly."""
OPTION = "option `nifti_form` of `ingest` and `predict`"
TO_LPS = np.diag([-1.0, -1.0, 1.0])


def place(header: NiftiHeader, by_itk: Geometry | None, path: Path, wanted: NiftiForm) -> tuple[Geometry, tuple[Step, ...]]:
    """The grid of a file, and what was decided about it.

    Args:
        header: the file's.
        by_itk: the grid as ITK has it, which is kept where nothing contradicts it; None for a file that ITK does not read.
        path: the file.
        wanted: the form that is believed where both are in use.

    Raises:
        FileError: `bad_header`: a form that makes no grid; `bad_grid`: the chosen one has no axes at right angles.
    """
    x, y, z = header.dimensions[:3]
    grids = {name: _grid(rows, (x, y, z), name, path) for name, rows in header.forms.items()}
    first_mm, second_mm, third_mm = (length * header.unit_mm for length in header.spacing_mm)
    spacing_mm = (first_mm, second_mm, third_mm)
    if not grids:
        reason = "neither 'sform' nor 'qform' is in use: nothing says how the patient lies; the axes are taken for LPS"
        return by_itk or Geometry((x, y, z), spacing_mm), (_step(path, "nothing", reason),)
    taken = wanted if wanted in grids else next(iter(grids))
    chosen = grids[taken]
    fault = fault_of_grid(chosen)
    if fault:
        sound = "".join(f"; '{name}' has right angles: {OPTION}" for name, grid in grids.items() if not fault_of_grid(grid))
        raise FileError(path, "bad_grid", f"'{taken}': {fault}{sound}")
    others = {name: grid for name, grid in grids.items() if name != taken}
    others["pixdim"] = replace(chosen, spacing_mm_xyz=spacing_mm)
    for name, other in others.items():
        apart_mm = _apart_mm(chosen, other)
        if apart_mm > TOLERANCE_MM:
            both = f"{taken} has {_text(chosen)}; {name} has {_text(other)}"
            advice = "" if name == "pixdim" else f" ({OPTION})"
            reason = f"'{taken}' and '{name}' place a corner {apart_mm:.4g} mm apart: {both}; {taken} is taken{advice}"
            return chosen, (_step(path, taken, reason),)
    return (by_itk, ()) if by_itk else _straightened(chosen, path, taken)


def _straightened(grid: Geometry, path: Path, taken: str) -> tuple[Geometry, tuple[Step, ...]]:
    """Axes at right angles for those that are nearly so: a rotated volume was resampled, or its header rounded."""
    axes = np.reshape(grid.direction, (3, 3))
    off = float(np.abs(axes.T @ axes - np.eye(3)).max())
    if not EXACT < off <= NEARLY:
        return grid, ()
    left, _, right = np.linalg.svd(axes)
    straight = replace(grid, direction=tuple((left @ right).ravel().tolist()))  # the nearest ones
    moved_mm = _apart_mm(grid, straight)
    reason = f"'{taken}' has axes off right angles by {off:.2g}; the nearest right ones are taken, {moved_mm:.2g} mm away"
    step = _step(path, taken, reason)
    return straight, (step if moved_mm > TOLERANCE_MM else replace(step, warning=""),)


def _step(path: Path, taken: str, reason: str) -> Step:
    return Step("place", {"file": str(path), "by": taken, "because": reason}, reason)


def _grid(rows: tuple[float, ...], size_xyz: tuple[int, int, int], name: str, path: Path) -> Geometry:
    """The grid of an affine, 3 rows of 4 from voxels to RAS mm."""
    affine = TO_LPS @ np.reshape(rows, (3, 4))
    spacing_mm = np.linalg.norm(affine[:, :3], axis=0)
    if not spacing_mm.all():
        raise FileError(path, "bad_header", f"'{name}': expected spacings above 0 mm, got {_numbers(spacing_mm)}")
    directions = affine[:, :3] / spacing_mm
    return Geometry(size_xyz, tuple(spacing_mm.tolist()), tuple(affine[:, 3].tolist()), tuple(directions.ravel().tolist()))


def _apart_mm(first: Geometry, second: Geometry) -> float:
    """The largest distance of a stored corner of one grid from that of the other: a mirrored volume is far away."""
    corners = np.array(list(product(*((0, size - 1) for size in first.size_xyz))))
    return float(np.linalg.norm(first.positions_mm(corners) - second.positions_mm(corners), axis=1).max())


def _text(grid: Geometry) -> str:
    return f"{grid.orientation}, spacing ({_numbers(grid.spacing_mm_xyz)}) mm, origin ({_numbers(grid.origin_mm_xyz)}) mm"


def _numbers(values: tuple[float, ...] | np.ndarray) -> str:
    return ", ".join(f"{value:.4g}" for value in values)
