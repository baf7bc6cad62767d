"""What a file of contours shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfpartial.data.describe.volume import describe_grid
from tfpartial.data.formats.opened import OpenLabel


def describe_label(label: OpenLabel) -> dict[str, Any]:
    """Its grid and its segments, with their volumes where the file itself has a grid (contours lie on an image's).

    Raises:
        FileError: the voxels cannot be read.
    """
    facts = {key: value for step in label.history for key, value in step.detail.items() if key in ("file", "format")}
    grid = label.native
    keys = label.keys()
    if grid is None:
        return {**facts, "segments": [{"segment": key} for key in keys]}
    voxel_ml = float(np.prod(grid.spacing_mm_xyz)) / 1000
    counts = {key: int(np.count_nonzero(label.mask(key, grid))) for key in keys}
    rows = [{"segment": key, "voxels": count, "ml": count * voxel_ml} for key, count in counts.items()]
    return {**facts, **describe_grid(grid), "segments": rows}
