"""The files that a case was prepared from: whether they are still the ones that were read."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from tfpartial.artifacts import sha256


def as_read(path: Path) -> dict[str, Any]:
    """What to remember of a file, or of the files of a folder: the time of the last change, and a checksum."""
    return {"modified_ns": _modified_ns(path), "sha256": _sha256(path)}


def is_as_read(path: Path, remembered: dict[str, Any]) -> bool:
    """Whether a file is the one of `as_read`; it is read again only when somebody has written to it since."""
    return _modified_ns(path) == remembered["modified_ns"] or _sha256(path) == remembered["sha256"]


def _modified_ns(path: Path) -> int:
    return max((file.stat().st_mtime_ns for file in _files_of(path)), default=0)


def _sha256(path: Path) -> str:
    if path.is_file():
        return sha256(path)
    return hashlib.sha256("".join(f"{file.name} {sha256(file)}\n" for file in _files_of(path)).encode()).hexdigest()


def _files_of(path: Path) -> list[Path]:
    """The file itself, or the files of a folder."""
    return [path] if path.is_file() else sorted(file for file in path.iterdir() if file.is_file())
