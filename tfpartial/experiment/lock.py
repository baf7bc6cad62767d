"""One process at a time works in a stage's folder."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tfpartial.errors import TfpartialError
from tfpartial.experiment.state import LOCK

PATIENCE_S = 5
"""A stage whose run was killed needs a moment to notice it."""


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Makes the folder and holds its lock; yields the lock's file descriptor.

    The lock ends with the last process that has the descriptor: a stage that inherits it keeps it when its run is killed.

    Raises:
        TfpartialError: another process has the lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as file:
        deadline = time.monotonic() + PATIENCE_S
        while not _take(file):
            if time.monotonic() > deadline:
                raise TfpartialError(f"{folder}: another process works here; wait for it, or end it")
            time.sleep(0.1)
        yield file.fileno()


def _take(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
