"""A verb in a process of its own, which can be killed, and what it leaves behind.

The process is a fork of this one, which has TensorFlow loaded: so it is at work from its first moment, and costs no second
for the import. It leads a session of its own; what it starts belongs to that session, also when it is gone.
"""

from __future__ import annotations

import atexit
import importlib
import os
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

AT_MOST_S = 900.0
"""No verb of the campaign takes so long."""
GRACE_S = 15.0
"""What a process may take to notice that the one that started it is gone."""
STAGES = ("train.segmenter", "train.confidence", "train.relabel", "evaluate.predict", "evaluate.compare", "evaluate.overlay")
"""Stages that load what is slow to load."""


class Ended(NamedTuple):
    """How a verb came to its end.

    Args:
        status: its exit status; the negative number of the signal that ended it.
        said: what it wrote to standard error.
        seconds: of the processors, those of the processes that it started included.
    """

    status: int
    said: str
    seconds: float

    @property
    def last_line(self) -> str:
        """The last line of what it said."""
        return next((line for line in reversed(self.said.splitlines()) if line.strip()), "")


def load() -> None:
    """Loads what the verbs need, once."""
    for name in STAGES:
        importlib.import_module(f"tfpartial.{name}")


class VerbProcess:
    """Starts a verb.

    Args:
        words: its command line, without `tfpartial`.
        scratch: folder for temporary files, and for what it says.
    """

    def __init__(self, words: str, scratch: Path) -> None:
        self._ended: Ended | None = None
        number, name = tempfile.mkstemp(suffix=".txt", dir=scratch.parent)
        self._said = Path(name)
        self._start = time.monotonic()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _be_verb(shlex.split(words), scratch, number)
        os.close(number)

    def works_after(self, seconds: float) -> bool:
        """Waits until it and what it started have worked for so long, or for its end; whether it still works.

        Seconds of the processors: those of the clock depend on what else the machine does.
        """
        deadline = self._start + AT_MOST_S
        while not self._poll() and _worked(self.pid) < seconds and time.monotonic() < deadline:
            time.sleep(0.01)
        return not self._poll()

    def kill(self, after_s: float, number: signal.Signals) -> bool:
        """Sends a signal to this process alone, once it has worked for so long; False when it had ended before."""
        works = self.works_after(after_s)
        if works:
            os.kill(self.pid, number)
        return works

    def wait(self) -> Ended:
        """Waits for its end; kills it when it takes too long."""
        while self._ended is None:
            if not self._poll() and time.monotonic() > self._start + AT_MOST_S:
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.02)
        return self._ended

    def orphans(self) -> list[str]:
        """What its session still runs some seconds after its end; ended here."""
        deadline = time.monotonic() + GRACE_S
        while (left := [pid for pid, _ in _session(self.pid)]) and time.monotonic() < deadline:
            time.sleep(0.05)
        commands = [_command(pid) for pid in left]
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return commands

    def _poll(self) -> bool:
        """Whether it has ended."""
        if self._ended is None:
            pid, status, used = os.wait4(self.pid, os.WNOHANG)
            if pid:
                said = self._said.read_text(encoding="utf-8", errors="replace")
                self._said.unlink()
                self._ended = Ended(os.waitstatus_to_exitcode(status), said, used.ru_utime + used.ru_stime)
        return self._ended is not None


def _be_verb(words: list[str], scratch: Path, said: int) -> None:
    """The rest of the child's life."""
    status = 3
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
        os.dup2(said, 2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.environ["TMPDIR"] = str(scratch)
        tempfile.tempdir = None
        sys.argv = ["tfpartial", *words]
        cli = importlib.import_module("tfpartial.cli")
        status = cli.main(words)
        atexit._run_exitfuncs()  # as a process does that ends by itself
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def _session(leader: int) -> Iterator[tuple[int, list[str]]]:
    """Living processes of a session: their number, and the fields of their `stat` from the state on."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(fields[3]) == leader and fields[0] not in "ZX":
            yield int(folder.name), fields


def _worked(leader: int) -> float:
    """Seconds of the processors that a session has taken so far, its ended processes included."""
    return sum(int(ticks) for _, fields in _session(leader) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return str(pid)
