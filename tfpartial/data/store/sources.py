"""The files that a case was prepared from: whether they are still the ones that were read."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path
from typing import Any

from tfpartial.artifacts import sha256
from tfpartial.data.store.store import crc32


def as_read(path: Path) -> dict[str, Any]:
    """What to remember of a file, or of the files of a folder: the time of the last change, and a CRC-32."""
    return {"modified_ns": _modified_ns(path), "crc32": _crc32(path)}


def is_as_read(path: Path, remembered: dict[str, Any]) -> bool:
    """Whether a file is the one of `as_read`; it is read again only when somebody has written to it since.

    Stores of older releases remember a SHA-256 instead.
    """
    if _modified_ns(path) == remembered["modified_ns"]:
        return True
    return _crc32(path) == remembered["crc32"] if "crc32" in remembered else _sha256(path) == remembered["sha256"]


def _modified_ns(path: Path) -> int:
    return max((file.stat().st_mtime_ns for file in _files_of(path)), default=0)


def _crc32(path: Path) -> int:
    if path.is_file():
        return crc32(path)
    return zlib.crc32("".join(f"{file.name} {crc32(file)}\n" for file in _files_of(path)).encode())


def _sha256(path: Path) -> str:
    if path.is_file():
        return sha256(path)
    return hashlib.sha256("".join(f"{file.name} {sha256(file)}\n" for file in _files_of(path)).encode()).hexdigest()


def _files_of(path: Path) -> list[Path]:
    """The file itself, or the files of a folder."""
    return [path] if path.is_file() else sorted(file for file in path.iterdir() if file.is_file())
