"""Names of files that come from outside: they may not lead out of the data set."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from tfpartial.data.problem import FileError


def inside(root: Path, name: str) -> Path:
    """The file `name` of the data set in `root`, as a description or a manifest names it.

    Raises:
        FileError: `outside`: an absolute name, or one that climbs out of `root` by `..`.
    """
    if "\0" in name:
        raise FileError(root, "outside", f"expected the name of a file, got {name!r}")
    path = root / name
    if PurePosixPath(name).is_absolute() or Path(name).is_absolute() or ".." in PurePosixPath(name.replace("\\", "/")).parts:
        raise FileError(path, "outside", f"expected a name inside of the data set {root}, got {name!r}")
    return path


def require_inside(root: Path, path: Path) -> None:
    """Follows the links of a path. Raises `FileError`: `outside`, when they lead out of `root`."""
    real, real_root = Path(os.path.realpath(path)), Path(os.path.realpath(root))
    if not real.is_relative_to(real_root):
        raise FileError(path, "outside", f"is a link that leads out of the data set {root}, to {real}; copy the file instead")
