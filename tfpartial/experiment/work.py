"""Does one planned stage, in a process of its own.

In a process of its own, because TensorFlow gives memory back only when its process ends, keeps seeds, settings and names for the
whole process (so the second of two trainings would differ from one done alone), and because a stage that is killed for want of
memory must not take the run with it.
"""

from __future__ import annotations

import logging
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from tfpartial.artifacts import LOCK
from tfpartial.cli import INTERRUPTED
from tfpartial.errors import TfpartialError
from tfpartial.experiment.plan import PlannedStage
from tfpartial.experiment.state import State, examine, require_usable
from tfpartial.lock import locked
from tfpartial.provenance import begin
from tfpartial.unfinished import remove_unfinished

PROGRAM = [sys.executable, "-m", "tfpartial.experiment.child"]
LOG = "log.txt"
logger = logging.getLogger(__name__)


def work(stage: PlannedStage, to_log: bool = False) -> bool:
    """Brings a stage to its end.

    Args:
        stage: the stage; what it rests on must be finished.
        to_log: its messages go to `log.txt` in its folder, not to the terminal.

    Returns:
        Whether there was something to do.

    Raises:
        TfpartialError: the stage failed, or its folder is not usable; see `require_usable` and `locked`.
    """
    if _is_done(stage):
        return False
    with locked(stage.folder) as lock:
        if _is_done(stage):  # by the process that had the lock
            return False
        if stage.resumes:
            remove_unfinished(stage.folder)
        else:
            _empty(stage.folder)
        begin(stage.folder, stage.verb, stage.config, stage.command)
        _start(stage, lock, to_log)
    return True


def undo(stage: PlannedStage) -> None:
    """Empties the folder of a stage. Raises `TfpartialError` when no run began it, or another process works there."""
    if examine(stage).state is not State.NEW:
        with locked(stage.folder):
            _empty(stage.folder)


def _is_done(stage: PlannedStage) -> bool:
    finding = examine(stage)
    require_usable(stage, finding)
    return finding.state is State.FINISHED


def _empty(folder: Path) -> None:
    # A run that is killed here must go on: first goes what says that the stage is finished, last what says that a run began it.
    order = {"done.json": 0, "provenance.json": 2, "config.yaml": 3}
    for path in sorted(folder.iterdir(), key=lambda path: order.get(path.name, 1)):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()


def _start(stage: PlannedStage, lock: int, to_log: bool) -> None:
    command = [*PROGRAM, str(stage.folder), stage.verb]
    if to_log:
        with (stage.folder / LOG).open("a") as log:
            status = _wait(command, lock, log.fileno(), log.fileno())
    elif logger.isEnabledFor(logging.INFO):
        status = _wait(command, lock, None, None)
    else:  # asked to be quiet, or standard output is for JSON
        status = _wait([*command, "--quiet"], lock, subprocess.DEVNULL, None)
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    if status:
        raise TfpartialError(f"{stage.name}: {_reason(stage, status, to_log)}")


def _wait(command: list[str], lock: int, stdout: int | None, stderr: int | None) -> int:
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=stdout, stderr=stderr, pass_fds=(lock,)) as process:
        return process.wait()


def _reason(stage: PlannedStage, status: int, to_log: bool) -> str:
    if status < 0:
        why = " (out of memory?)" if status == -signal.SIGKILL else ""
        return f"its process was ended by {signal.Signals(-status).name}{why}"
    if not to_log:
        return f"stopped with exit status {status}; alone it is `{shlex.join(stage.command)}`"
    lines = (stage.folder / LOG).read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), f"exit status {status}, and nothing in {LOG}")
