"""The same files from processes of this machine and from a Dask cluster of which a worker is killed half way."""

from pathlib import Path

import pytest

from tfpartial.config import IngestConfig, PrepareConfig
from tfpartial.data.phantom import write_phantom
from tfpartial.data_prep import ingest, prepare

OF_THE_RUN = {"config.yaml", "provenance.json", "checksums.json"}
"""Files of a stage folder that hold paths and times."""
PRELOAD = """
import os, signal
from tfpartial.data.ingest import case_report
from tfpartial.data.store import prepare

def dies_once(function, mark):
    def run(*arguments, **options):
        result = function(*arguments, **options)
        try:
            os.close(os.open(mark, os.O_CREAT | os.O_EXCL))  # by one worker, once
        except FileExistsError:
            return result
        os.kill(os.getpid(), signal.SIGKILL)
    return run

def dask_setup(worker):
    case_report.verify_case = dies_once(case_report.verify_case, {ingest!r})
    prepare.write_json = dies_once(prepare.write_json, {prepare!r})  # the last file of a case, whose folder is not in place yet
    prepare.prepare_case = dies_once(prepare.prepare_case, {finished!r})  # the case is in place, but nobody heard of it
"""


@pytest.fixture
def marks(tmp_path) -> dict[str, Path]:
    """The files that say that a worker was killed there."""
    return {place: tmp_path / f"killed-in-{place}" for place in ("ingest", "prepare", "finished")}


@pytest.fixture
def mortal_cluster(start_dask, tmp_path, marks) -> str:
    """Address of a scheduler with two workers, of which one kills itself with a case in `ingest`, and twice in `prepare`."""
    preload = tmp_path / "preload.py"
    preload.write_text(PRELOAD.format(**{place: str(mark) for place, mark in marks.items()}))
    return start_dask(2, "--preload", str(preload)).address


def test_a_cluster_that_loses_a_worker_gives_the_bytes_of_processes(tmp_path, monkeypatch, mortal_cluster, marks, capfd):
    monkeypatch.chdir(tmp_path)  # the workers run elsewhere: paths that are relative here must reach them
    list(write_phantom(Path("dataset"), 6, (32, 32), (20.0, 25.0), 0, workers=1))
    for name, way in {"processes": {"workers": 2}, "cluster": {"scheduler": mortal_cluster}}.items():
        manifest, store = Path(name, "manifest.json"), Path(name, "store")
        assert ingest.run(IngestConfig(out=manifest, dataset=Path("dataset"), **way))["cases"] == 6
        assert prepare.run(PrepareConfig(manifest, store, size=(32, 32), **way))["cases"] == 6
    assert all(mark.exists() for mark in marks.values())
    files = contents(tmp_path / "processes")
    assert len(files) >= 6 * 4  # image, label layer, histogram and record of each case
    assert contents(tmp_path / "cluster") == files
    assert "distributed" not in capfd.readouterr().err


def contents(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file() and path.name not in OF_THE_RUN)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
