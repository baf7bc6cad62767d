"""Writes NRRD files field by field; 5 × 4 × 3 voxels, if nothing else is said."""

from pathlib import Path

import numpy as np

VOXELS = np.arange(60, dtype="<i2").reshape(3, 4, 5)
LPS = "space: left-posterior-superior"
GRID = ("space directions: (1.5,0,0) (0,1.5,0) (0,0,3)", "space origin: (-48,-40,10)")


def write_nrrd(path: Path, *fields: str, data: bytes | None = None, newline: str = "\n", **head: object) -> Path:
    """A file with some fields after those of the voxels, which `head` replaces or, when None, removes."""
    first = {"type": "short", "dimension": 3, "sizes": "5 4 3", "endian": "little", "encoding": "raw"} | head
    lines = ("NRRD0005", *(f"{key}: {value}" for key, value in first.items() if value is not None), *fields, "", "")
    path.write_bytes(newline.join(lines).encode() + (VOXELS.tobytes() if data is None else data))
    return path
