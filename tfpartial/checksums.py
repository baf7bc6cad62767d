"""The checksums of a folder's files: written when its stage is finished, compared where a file is opened."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from tfpartial.artifacts import parsing, read_versioned, sha256, write_json
from tfpartial.errors import TfpartialError
from tfpartial.unfinished import UNFINISHED

CHECKSUMS = "checksums.json"
FORMAT = 1
WHAT = "checksums of a stage folder"
NOT_LISTED = (CHECKSUMS, "done.json", "provenance.json", "log.txt")
"""The first three have a checksum of their own in them, and say when they were written; a run adds to the last."""
DEEPEST = 4
"""Folders between a file and the checksums that may name it."""


def write_checksums(folder: Path, below: Iterable[str] = (), known: Mapping[str, str] | None = None) -> None:
    """Writes the checksums of the files directly in a folder.

    Args:
        folder: the folder of a finished stage.
        below: patterns of further files in it, such as `cases/*/*`.
        known: checksums that need no reading, by the file's path in the folder.
    """
    known = known or {}
    found = {path.relative_to(folder).as_posix(): path for pattern in ("*", *below) for path in folder.glob(pattern)}
    files = {name: known.get(name) or sha256(path) for name, path in sorted(found.items()) if _is_listed(path)}
    write_json(folder / CHECKSUMS, {"format": FORMAT, "files": files})


def _is_listed(path: Path) -> bool:
    return path.is_file() and path.name not in NOT_LISTED and not path.name.startswith((".", UNFINISHED))


def require_intact(path: Path) -> bool:
    """Compares a file with the checksums of the folder around it.

    Returns:
        Whether they name it. A file that is none of a finished stage has no checksum.

    Raises:
        TfpartialError: they name it, and it is another one now.
    """
    for folder in path.absolute().parents[:DEEPEST]:
        checksums = folder / CHECKSUMS
        if checksums.is_file():
            name = path.absolute().relative_to(folder).as_posix()
            expected = listed(checksums).get(name)
            if expected is not None and sha256(path) != expected:
                raise TfpartialError(
                    f"{path}: was damaged or changed after its stage was finished; do the stage again. Who changed it on purpose "
                    f"removes {checksums}"
                )
            return expected is not None
    return False


def listed(checksums: Path) -> Mapping[str, str]:
    """Path in the folder -> checksum, of a `checksums.json`. Raises `TfpartialError` when it is unusable."""
    return _read(checksums, checksums.stat().st_mtime_ns)


@lru_cache(64)
def _read(path: Path, modified_ns: int) -> Mapping[str, str]:
    content = read_versioned(path, WHAT, FORMAT)
    with parsing(path, WHAT):
        return dict(content["files"])


def require_whole_zip(path: Path, what: str) -> None:
    """Compares every part of a zip, such as `.keras` and `.npz`, with the checksum in it.

    Raises:
        TfpartialError: one is another one than was written; the message says `what` was expected.
    """
    try:
        with zipfile.ZipFile(path) as file:
            broken = file.testzip()
    except (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise TfpartialError(f"{path}: expected {what}, got a damaged file ({error})") from error
    if broken is not None:
        raise TfpartialError(f"{path}: expected {what}, got a damaged file ({broken} is not as its checksum says)")
