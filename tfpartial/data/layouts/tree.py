"""The names of everything in a data set's folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tfpartial.data.confined import require_inside
from tfpartial.errors import TfpartialError

CLUTTER = "__MACOSX"
"""What macOS adds to archives."""
SHOWN = 5
"""Names that an error lists."""


def names_below(root: Path) -> tuple[str, ...]:
    """Files and folders below `root`, as paths relative to it with `/`, sorted. Hidden ones are passed over.

    Raises:
        FileError: `outside`: a folder is a link that leads out of `root`.
        TfpartialError: a folder that may not be read.
    """
    return tuple(sorted(_walk(root)))


def _walk(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root, onerror=_refuse):
        folders[:] = [name for name in folders if is_visible(name)]
        at = Path(folder)
        for name in folders:
            require_inside(root, at / name)
        for name in (*folders, *filter(is_visible, files)):
            yield (at / name).relative_to(root).as_posix()


def _refuse(error: OSError) -> None:
    raise TfpartialError(f"{error.filename}: cannot be listed: {error.strerror}") from error


def is_visible(name: str) -> bool:
    """Whether a name is neither hidden nor clutter."""
    return not name.startswith(".") and name != CLUTTER


def shown(names: list[str]) -> str:
    """The first of several names, for an error."""
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")


def describe_folder(root: Path) -> str:
    """What a folder holds, for an error."""
    entries = sorted(entry for entry in root.iterdir() if is_visible(entry.name))
    parts = []
    for noun, chosen in (("folder", [e for e in entries if e.is_dir()]), ("file", [e for e in entries if not e.is_dir()])):
        if chosen:
            parts.append(f"{len(chosen)} {noun}{'s' * (len(chosen) > 1)} ({shown([entry.name for entry in chosen])})")
    return " and ".join(parts) or "nothing"
