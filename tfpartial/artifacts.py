"""Files that a stage leaves: written whole or not at all, with checksums."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tfpartial.errors import TfpartialError
from tfpartial.unfinished import UNFINISHED, workspace

CHECKSUM = "checksum"
"""The entry of a JSON object that tells whether the others are as they were written."""
LOCK = ".lock"
"""The file by whose lock a process says that it works in a folder."""


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """A temporary path of the same name, on the same disk, that takes its place when the block ends without an exception.

    Raises:
        TfpartialError: as `workspace`.
    """
    with workspace(path) as folder:
        yield folder / path.name
        os.replace(folder / path.name, path)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A temporary folder, on the same disk, that takes the place of `path` when the block ends without an exception.

    Raises:
        TfpartialError: `path` is there already; or as `workspace`.
    """
    if path.exists():
        raise TfpartialError(f"{path}: is there already; remove it or choose another folder")
    with workspace(path) as folder:
        temporary = folder / path.name
        temporary.mkdir()
        yield temporary
        os.rename(temporary, path)


def left_by_others(folder: Path) -> list[str]:
    """Names in a folder, apart from those that work in progress or a killed run may leave."""
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.name != LOCK and not path.name.startswith(UNFINISHED))


def write_text(path: Path, text: str) -> None:
    """Writes a text file atomically."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Any, with_checksum: bool = True) -> None:
    """Writes a JSON file atomically. NaN is refused: JSON has none.

    Args:
        path: the file.
        content: what JSON can say, and paths.
        with_checksum: an object gets an entry `checksum`, which `read_json` compares and takes out again. Without it for a file
            that other programs own the format of.
    """
    text = json.dumps(content, indent=1, allow_nan=False, default=str)
    if with_checksum and isinstance(content, dict) and content:
        text = f'{text[:-2]},\n "{CHECKSUM}": "{_checksum(json.loads(text))}"\n}}'
    write_text(path, text + "\n")


def _checksum(content: Any) -> str:
    """Of what JSON says, however it is laid out."""
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def read_json(path: Path, what: str) -> Any:
    """Reads a JSON file.

    Args:
        path: the file.
        what: what it should be, for the error ("manifest").

    Raises:
        TfpartialError: no such file, not JSON, or not what was written, as its checksum tells.
    """
    content = _parsed(path, what)
    _take_checksum(path, what, content)
    return content


def _parsed(path: Path, what: str) -> Any:
    if not path.is_file():
        raise TfpartialError(f"{path}: no such file; expected the {what}")
    try:
        return json.loads(path.read_bytes())  # which finds out whether it is UTF-8, with a mark in front or not, or UTF-16
    except RecursionError as error:
        raise TfpartialError(f"{path}: expected the {what} as JSON, got values within values too deep to be read") from error
    except ValueError as error:
        raise TfpartialError(f"{path}: expected the {what} as JSON, got {error}") from error


def _take_checksum(path: Path, what: str, content: Any) -> None:
    """Compares the checksum of an object, and takes it out; a file that people or older releases wrote has none."""
    if not isinstance(content, dict):
        return
    damaged = any(_is_nearly_its_name(name) for name in content)
    expected = content.pop(CHECKSUM, None)
    if damaged or (expected is not None and expected != _checksum(content)):
        raise TfpartialError(
            f"{path}: the {what} was damaged or changed after it was written; who changed it on purpose removes its line "
            f"'{CHECKSUM}'"
        )


def _is_nearly_its_name(name: str) -> bool:
    """Whether one letter makes the difference: a checksum without its name would be no checksum."""
    return len(name) == len(CHECKSUM) and sum(a != b for a, b in zip(name, CHECKSUM, strict=True)) == 1


def read_versioned(path: Path, what: str, version: int) -> dict[str, Any]:
    """Reads a JSON object whose `format` is `version`. Raises `TfpartialError` as `read_json` does, and for another format."""
    content = _parsed(path, what)
    found = content.get("format") if isinstance(content, dict) else None
    if found != version:
        raise TfpartialError(f"{path}: expected the {what} in format {version}, got {'none' if found is None else found}")
    _take_checksum(path, what, content)
    return content


@contextmanager
def parsing(path: Path, what: str) -> Iterator[None]:
    """Around the code that takes the content of a JSON file apart: what is missing there becomes a `TfpartialError`."""
    try:
        yield
    except (LookupError, ValueError) as error:
        raise TfpartialError(f"{path}: expected the {what}; its content has no usable {error}") from error
    except (AttributeError, TypeError) as error:  # Python's words for it would tell of the program, not of the file
        raise TfpartialError(f"{path}: expected the {what}; a value in it is of another type") from error


def sha256(path: Path) -> str:
    """Checksum of a file's bytes, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
