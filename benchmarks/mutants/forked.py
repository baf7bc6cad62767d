"""Runs tests in forks of one process that has imported the heavy libraries: `python forked.py LIBRARY ...`.

TensorFlow alone takes longer to import than most tests take. Importing starts no thread, so that a fork is safe; tests run in the
children only, so that the parent never starts any. Each line of standard input is a question in JSON (the arguments of `run`);
its answer is a line of standard output.

This file imports nothing of `tfpartial`: the children shall read it anew.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import pytest

POLL_S = 0.02
GIB = 2**30


def run(tests: list[str], timeout_s: float, log: str, coverage: dict[str, Any] | None = None) -> dict[str, Any]:
    """Runs test files up to the first failure.

    Args:
        tests: files or ids of tests.
        timeout_s: after so many seconds the tests are ended.
        log: file that receives what they print.
        coverage: options of `coverage.Coverage`, to note which lines run.

    Returns:
        `status`: of pytest, or None for a run that was ended. `seconds`. `failed`: the first test that failed, or "".
    """
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        _test(tests, log, coverage)
    status = _wait(child, start + timeout_s)
    named = Path(f"{log}.failed")
    failed = named.read_text() if named.is_file() else ""
    return {"status": status, "seconds": time.perf_counter() - start, "failed": failed}


def _test(tests: list[str], log: str, coverage: dict[str, Any] | None) -> None:
    """What the child does; it does not return."""
    status = 1
    try:
        os.setsid()  # so that processes of the tests end with them
        resource.setrlimit(resource.RLIMIT_AS, (32 * GIB, 32 * GIB))
        Path(f"{log}.failed").unlink(missing_ok=True)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        status = int(_pytest(tests, log, coverage))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _pytest(tests: list[str], log: str, coverage: dict[str, Any] | None) -> int:
    options = ["-q", "-x", "-p", "no:cacheprovider", "--hypothesis-seed=0", f"--basetemp={log}.tmp"]
    if coverage is None:
        return pytest.main([*options, *tests], plugins=[_FirstFailure(Path(f"{log}.failed"))])
    from coverage import Coverage

    measured = Coverage(**coverage)
    measured.start()
    try:
        return pytest.main([*options, *tests])
    finally:
        measured.stop()
        measured.save()


def _wait(child: int, deadline: float) -> int | None:
    while time.perf_counter() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(POLL_S)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


class _FirstFailure:
    """Writes down which test, or which file that could not be imported, failed first."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def pytest_runtest_logreport(self, report: Any) -> None:
        self._note(report)

    def pytest_collectreport(self, report: Any) -> None:
        self._note(report)

    def _note(self, report: Any) -> None:
        if report.failed and not self._file.exists():
            self._file.write_text(report.nodeid)


def main(libraries: list[str]) -> None:
    for library in libraries:
        importlib.import_module(library)
    for line in sys.stdin:
        print(json.dumps(run(**json.loads(line))), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
