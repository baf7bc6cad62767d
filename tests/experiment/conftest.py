"""Experiments whose stages do nothing slow; see `fakes.py`."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from tfpartial import provenance
from tfpartial.config import RunConfig, SweepConfig
from tfpartial.experiment import work
from tfpartial.experiment.child import MINUTES
from tfpartial.provenance import finish

FAKES = Path(__file__).with_name("fakes.py")
SECTIONS = """\
phantom: {cases: 3}
ingest:
split: {folds: 2}
simulate: {alpha: 0.3}
prepare: {size: [32, 32]}
train: {epochs: 3, network: {options: {width: 4}}}
predict:
score:
"""
CELLS = SECTIONS.replace("simulate: {alpha: 0.3}", "simulate:")
METHODS = {"certain": {"train": {"method": "certain"}}, "naive": {"train": {"method": "naive"}}}


@pytest.fixture
def fakes(tmp_path, monkeypatch) -> ModuleType:
    """The fake stages, which work in the test's folder."""
    spec = importlib.util.spec_from_file_location("fakes", FAKES)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.chdir(tmp_path)
    return module


@pytest.fixture
def here(fakes, monkeypatch) -> ModuleType:
    """The fake stages, in this process: fast."""

    def start(stage, lock, to_log):
        monkeypatch.setattr(sys, "argv", [str(stage.folder)])
        summary = fakes.run_of(stage.verb)(stage.config)
        finish(stage.folder, summary | {MINUTES: 0.5})

    monkeypatch.setattr(work, "_start", start)
    monkeypatch.setattr(provenance, "_commit", lambda: None)  # git takes most of the time
    return fakes


@pytest.fixture
def experiment(tmp_path) -> SimpleNamespace:
    """Makes the configuration of a run or a sweep over a file with these sections."""

    def file(text: str) -> Path:
        path = tmp_path / "tiny.yaml"
        path.write_text(text)
        return path

    return SimpleNamespace(
        run=lambda text=SECTIONS, **options: RunConfig(file(text), tmp_path / "run", **options),
        sweep=lambda text=CELLS, **options: SweepConfig(
            file(text), **{"methods": METHODS, "out": tmp_path / "run", "alphas": [1.0, 0.1], "folds": [0, 1]} | options
        ),
    )


@pytest.fixture
def command(fakes, tmp_path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a verb with the fake stages as a user does; each stage is a process."""
    (tmp_path / "tiny.yaml").write_text(SECTIONS)

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, str(FAKES), *map(str, words)]
        return subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)

    return run
