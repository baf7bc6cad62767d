"""Folders of work in progress: locked while their process lives, so that the next run can tell what a killed one left."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tfpartial.errors import TfpartialError

UNFINISHED = ".unfinished-"
"""How their names begin."""
DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EMFILE, errno.ENFILE)
"""What goes wrong with any file, so that the operating system often does not say with which."""
_swept: set[Path] = set()
"""Folders in which this process has looked for leftovers."""


@contextmanager
def workspace(path: Path) -> Iterator[Path]:
    """An empty hidden folder beside `path`, gone when the block ends; the first one beside it removes what killed runs left.

    Raises:
        TfpartialError: the disk is full, read-only and the like; it names `path`.
    """
    folder, lock = None, None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent not in _swept:
            remove_unfinished(path.parent)
            _swept.add(path.parent)
        folder, lock = _locked_folder(path.parent)
        yield folder
    except OSError as error:
        if not _is_of_writing(error, folder):
            raise
        raise _cannot_write(path, error) from error
    finally:
        if folder is not None and lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Around what grows a file or a folder. Raises `TfpartialError`, which names it, where the disk takes nothing more."""
    try:
        yield
    except OSError as error:
        if not _is_of_writing(error, None):
            raise
        raise _cannot_write(path, error) from error


def remove_unfinished(folder: Path) -> None:
    """Removes what killed runs left in `folder`, and nothing that a living process, here or on another machine, works on."""
    for leftover in folder.glob(f"{UNFINISHED}*"):
        with suppress(OSError):  # another run has removed it, or the disk has no locks, so that nobody knows
            lock = _lock(leftover)
            try:
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
            finally:
                os.close(lock)


def _locked_folder(parent: Path) -> tuple[Path, int]:
    while True:
        folder = parent / f"{UNFINISHED}{secrets.token_hex(4)}"
        folder.mkdir()
        try:
            return folder, _lock(folder)
        except (BlockingIOError, FileNotFoundError):  # a run that removes leftovers was faster
            continue
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS):
                raise
            return folder, os.open(folder, os.O_RDONLY)  # a disk without locks: then nobody removes it either


def _lock(path: Path) -> int:
    """The descriptor of a file or folder that this process alone has locked. Raises `OSError` where it cannot, or it is gone."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.lstat()
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _is_of_writing(error: OSError, folder: Path | None) -> bool:
    """Whether an error is one of writing into the folder, or of a disk that takes nothing more."""
    if isinstance(error.filename, str | os.PathLike):
        return folder is not None and Path(error.filename).is_relative_to(folder)
    return error.errno in DISK or _is_of_numpy(error)


def _is_of_numpy(error: OSError) -> bool:
    """numpy does not say why it wrote less than it should: "9 requested and 0 written"."""
    return error.errno is None and "written" in str(error)


def _cannot_write(path: Path, error: OSError) -> TfpartialError:
    if _is_of_numpy(error):
        return TfpartialError(f"{path}: cannot be written: the disk is full ({error})")
    return TfpartialError(f"{path}: cannot be written: {os.strerror(error.errno) if error.errno else error}")
