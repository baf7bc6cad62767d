"""Work in progress: what a killed run leaves goes, what a living one works on stays."""

import errno
import subprocess
import sys

import pytest

from tfpartial import unfinished
from tfpartial.artifacts import atomic_file, atomic_folder, write_text
from tfpartial.errors import TfpartialError
from tfpartial.unfinished import UNFINISHED, remove_unfinished, workspace

KILLED = """
import os, sys
from pathlib import Path
from tfpartial.artifacts import atomic_folder
with atomic_folder(Path(sys.argv[1]) / "model") as folder:
    (folder / "weights").write_text("half")
    os._exit(9)
"""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_killed_runs_left_is_removed_and_nothing_else(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    (tmp_path / f"{UNFINISHED}2-a.json").touch()  # as older releases left them
    (tmp_path / "a.json").touch()
    assert len(names(tmp_path)) == 3
    remove_unfinished(tmp_path)
    assert names(tmp_path) == ["a.json"]


@pytest.mark.parametrize("write", [atomic_file, atomic_folder])
def test_work_of_a_living_process_stays(tmp_path, write):
    code = "import sys; from pathlib import Path; from tfpartial.unfinished import remove_unfinished as r; r(Path(sys.argv[1]))"
    with write(tmp_path / "a") as temporary:
        if write is atomic_file:
            temporary.write_text("whole")
        subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
        assert temporary.exists()
    assert names(tmp_path) == ["a"]


def test_the_first_writer_beside_them_removes_leftovers(tmp_path):
    (tmp_path / f"{UNFINISHED}1").mkdir()
    write_text(tmp_path / "a", "x")
    assert names(tmp_path) == ["a"]


def test_a_disk_without_locks_is_written_to_and_nothing_there_is_removed(tmp_path, monkeypatch):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(unfinished.fcntl, "flock", no_locks)
    (tmp_path / f"{UNFINISHED}1").mkdir()
    write_text(tmp_path / "a", "x")
    assert names(tmp_path) == [f"{UNFINISHED}1", "a"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (OSError(errno.EROFS, "Read-only file system"), "Read-only file system"),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files"),
        (OSError("9 requested and 0 written"), r"the disk is full \(9 requested and 0 written\)"),  # of numpy
        (OSError(errno.ENOSPC, "[Errno 28] Can't write\ndata (time = noon)"), "No space left on device$"),  # of HDF5
    ],
)
def test_a_disk_that_takes_nothing_more_is_named_with_the_file(tmp_path, error, reason):
    with pytest.raises(TfpartialError, match=rf"{tmp_path}/a\.npy: cannot be written: {reason}"), atomic_file(tmp_path / "a.npy"):
        raise error
    assert names(tmp_path) == []


def test_so_is_a_file_that_cannot_be_made(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(TfpartialError, match=rf"{tmp_path}/a: cannot be written: Is a directory"):
        write_text(tmp_path / "a", "x")


def test_an_input_that_cannot_be_read_is_not_taken_for_the_output(tmp_path):
    with pytest.raises(FileNotFoundError, match="input"), atomic_file(tmp_path / "a"):
        (tmp_path / "input").read_text()
    with pytest.raises(OSError, match="Not a gzipped file"), atomic_file(tmp_path / "a"):
        raise OSError("Not a gzipped file")


def test_another_process_that_cleans_up_does_not_disturb_the_making(tmp_path, monkeypatch):
    tokens = iter(["1", "2"])
    monkeypatch.setattr(unfinished.secrets, "token_hex", lambda _: next(tokens))
    lock, seen = unfinished.fcntl.flock, []

    def late(descriptor, operation):
        seen.append(descriptor)
        if len(seen) == 1:
            (tmp_path / f"{UNFINISHED}1").rmdir()
        return lock(descriptor, operation)

    monkeypatch.setattr(unfinished.fcntl, "flock", late)
    with workspace(tmp_path / "a") as folder:
        assert folder.name == f"{UNFINISHED}2"
    assert names(tmp_path) == []
