"""A small disk that can be full or read-only: a tmpfs, which only root can mount."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = 64 << 20
PAGE = 4096
"""A tmpfs gives room in pages."""
BALLAST = ".ballast"


@contextmanager
def disk(path: Path) -> Iterator[None]:
    """Mounts an empty disk on a folder while the block lasts."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(path)], check=True)
    try:
        yield
    finally:
        unmount(path)


def unmount(path: Path) -> None:
    """Takes the disk away, also that of a campaign that was killed; nothing where none is mounted."""
    if path.is_mount():
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def fill(path: Path, free: int) -> None:
    """Leaves `free` bytes of a disk, in whole pages."""
    with (path / BALLAST).open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, SIZE - free // PAGE * PAGE)


def make_room(path: Path) -> None:
    """Takes away what fills a disk."""
    (path / BALLAST).unlink()


def make_read_only(path: Path) -> None:
    """Nothing can be written on a disk from now on."""
    subprocess.run(["mount", "-o", "remount,ro", str(path)], check=True)


def pages(folder: Path) -> int:
    """Bytes that the files of a folder take on such a disk."""
    return sum(-(-path.stat().st_size // PAGE) * PAGE for path in folder.rglob("*") if path.is_file())
