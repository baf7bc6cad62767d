"""Tiny files of every format, and the stages run over them as a user would."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tfpartial import cli
from tfpartial.data.manifest import Manifest, read_manifest
from tfpartial.data.store.store import Store


@pytest.fixture(scope="session")
def files() -> ModuleType:
    """The functions of tests/data/matrix/files.py, which is in no package."""
    path = Path(__file__).parents[1] / "data" / "matrix" / "files.py"
    spec = importlib.util.spec_from_file_location("matrix_files", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Joined:
    """What the stages left of joined sources.

    Args:
        summary: what `ingest` printed.
        manifest: what it wrote.
        store: what `prepare` wrote.
    """

    summary: dict[str, Any]
    manifest: Manifest
    store: Store

    def codes(self, case_id: str) -> np.ndarray:
        """The labels of a case as they were stored, cut back to the native size `[Z, Y, X]`."""
        return native(self.store.label(case_id)[:], self.manifest.cases[case_id].size_zyx)

    def image(self, case_id: str, channel: int = 0) -> np.ndarray:
        """The HU of a channel, likewise."""
        return native(self.store.image(case_id)[..., channel], self.manifest.cases[case_id].size_zyx)

    def organ(self, case_id: str, organ: str) -> np.ndarray:
        return self.codes(case_id) == self.manifest.organs.id_of(organ)

    def history(self, case_id: str) -> list[dict[str, Any]]:
        return json.loads((self.store.root / "cases" / case_id / "case.json").read_text())["history"]


def native(stored: np.ndarray, size_zyx: tuple[int, ...]) -> np.ndarray:
    """A centre-padded stack of slices `[Z, H, W]` without its padding."""
    rows, columns = ((whole - part) // 2 for whole, part in zip(stored.shape[1:], size_zyx[1:], strict=True))
    return stored[:, rows : rows + size_zyx[1], columns : columns + size_zyx[2]]


@pytest.fixture
def stage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Runs a verb with a section of its configuration, which must succeed, and gives its summary."""

    def run(verb: str, **section: object) -> dict[str, Any]:
        config = tmp_path / f"{verb}.yaml"
        config.write_text(json.dumps({verb: section}, default=str))
        capsys.readouterr()
        status = cli.main([verb, "--config", str(config), "--workers", "1", "--json"])
        printed = capsys.readouterr()
        assert status == 0, printed
        return json.loads(printed.out)

    return run


@pytest.fixture
def join(stage: Callable[..., dict[str, Any]], tmp_path: Path) -> Callable[..., Joined]:
    """Ingests sources and prepares them, in slices of 8 × 8."""

    def join(*sources: dict[str, Any], out: str = "joined", **options: object) -> Joined:
        folder = tmp_path / out
        summary = stage("ingest", sources=sources, out=folder / "manifest.json", **options)
        stage("prepare", manifest=folder / "manifest.json", out=folder / "store", size=[8, 8])
        return Joined(summary, read_manifest(folder / "manifest.json"), Store.open(folder / "store"))

    return join
