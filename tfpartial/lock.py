"""One process at a time works in a folder: a lock of the system, which ends with its process."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from tfpartial.artifacts import LOCK
from tfpartial.errors import TfpartialError

PATIENCE_S = 5
"""A stage whose run was killed needs a moment to notice it."""


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Makes the folder and holds its lock; yields the lock's file descriptor.

    The lock ends with the last process that has the descriptor: a stage that inherits it keeps it when its run is killed.
    The file goes when the block ends, and so does a folder that was made for it and is still empty.

    Raises:
        TfpartialError: another process has the lock, or the folder cannot be written in.
    """
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    file = _taken(folder)
    try:
        yield file.fileno()
    finally:
        with file:
            (folder / LOCK).unlink(missing_ok=True)
        with suppress(OSError):  # not empty: something was done
            for parent in made:
                parent.rmdir()


def _taken(folder: Path) -> IO[str]:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = (folder / LOCK).open("w")
        except FileNotFoundError:  # the one before took its folder away again
            continue
        except OSError as error:
            raise TfpartialError(f"{folder}: expected a folder to write in, got: {error.strerror}") from error
        if _take(file, folder / LOCK):
            return file
        file.close()
        if time.monotonic() > deadline:
            raise TfpartialError(f"{folder}: another process works here; wait for it, or end it")
        time.sleep(0.1)


def _take(file: IO[str], path: Path) -> bool:
    """Whether the lock is ours, and its file still the one that others will find: its last holder removes it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
    except OSError as error:
        raise TfpartialError(f"{path}: cannot be locked ({error.strerror}); choose a folder on another file system") from error
