"""Whether a stored grid is one of boxes in the patient."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError

RIGHT_ANGLE = 1e-3
"""How far the cosine of the angle between two axes may be from 0: headers are rounded."""


def fault_of_grid(native: Geometry) -> str | None:
    """What keeps a grid from being one of boxes; None for a sound one."""
    if not np.isfinite([*native.origin_mm_xyz, *native.spacing_mm_xyz]).all() or min(native.spacing_mm_xyz) <= 0:
        return f"expected finite positions and spacings above 0, got {native.origin_mm_xyz} and {native.spacing_mm_xyz} mm"
    cosines = np.reshape(native.direction, (3, 3))
    if not np.allclose(cosines.T @ cosines, np.eye(3), rtol=0, atol=RIGHT_ANGLE):
        directions = "; ".join(", ".join(f"{cosine:.4g}" for cosine in axis) for axis in cosines.T)
        return f"expected axes at right angles, got the directions {directions}"
    return None


def require_sound(native: Geometry, path: Path) -> None:
    """Raises `FileError`: `bad_grid`: a grid that is not one of boxes."""
    fault = fault_of_grid(native)
    if fault:
        raise FileError(path, "bad_grid", fault)
