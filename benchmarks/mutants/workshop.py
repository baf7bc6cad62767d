"""A copy of the repository in which files are mutated and tests run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

STAGES = ("data_prep", "train", "evaluate")
HEAVY = ("tensorflow", "keras", "numpy", "scipy.ndimage", "scipy.stats", "pandas", "h5py", "SimpleITK", "skimage.measure")
ENVIRONMENT = {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "2", "TF_ENABLE_ONEDNN_OPTS": "1"}
"""No bytecode: it is told from the source by size and second alone, which a mutant can share with the original."""


class Outcome(NamedTuple):
    """Of a run of tests: `status` of pytest, or None for one that was ended; seconds; the first test that failed."""

    status: int | None
    seconds: float
    failed: str


class Workshop:
    """The last commit of a repository, checked out elsewhere, and the process that forks for its tests.

    Args:
        repository: folder with `.git`.
        folder: where the copy goes; what is there is used on.
    """

    def __init__(self, repository: Path, folder: Path) -> None:
        self.root, self._folder = folder / "copy", folder
        if not self.root.is_dir():
            subprocess.run(["git", "clone", "--quiet", repository, self.root], check=True)
            for stage in STAGES:  # as an installation has them
                (self.root / "tfpartial" / stage).symlink_to(self.root / stage)
        self._git("fetch", "--quiet", "origin", "HEAD")
        self._git("reset", "--quiet", "--hard", "FETCH_HEAD")  # a run that was killed left a mutant
        environment = os.environ | ENVIRONMENT | {"PYTHONPATH": str(self.root)}
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("forked.py"), *HEAVY],
            cwd=self.root,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def close(self) -> None:
        """Ends the process; the copy stays."""
        self._process.communicate()

    def version(self, path: str) -> str:
        """Changes with what a file or folder of the copy holds."""
        return self._git("rev-parse", f"HEAD:{path}")

    def _git(self, *words: str) -> str:
        return subprocess.run(["git", *words], cwd=self.root, check=True, capture_output=True, text=True).stdout.strip()

    def test(self, tests: list[str], timeout_s: float, coverage: dict[str, Any] | None = None) -> Outcome:
        """Runs test files up to the first failure; arguments as those of `forked.run`."""
        assert self._process.stdin is not None and self._process.stdout is not None
        question = {"tests": tests, "timeout_s": timeout_s, "log": str(self._folder / "log"), "coverage": coverage}
        self._process.stdin.write(f"{json.dumps(question)}\n")
        self._process.stdin.flush()
        return Outcome(**json.loads(self._process.stdout.readline()))

    @contextmanager
    def mutated(self, module: str, code: str) -> Iterator[None]:
        """A file of the copy has other text meanwhile."""
        path = self.root / module
        original = path.read_text(encoding="utf-8")
        path.write_text(code, encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(original, encoding="utf-8")
