"""A whole curriculum, killed with SIGKILL once in each of its stages: the end is that of one that nobody disturbed."""

import hashlib
import os
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
import yaml

import tfpartial.models  # noqa: F401  a saved network finds its layers by this import

TRAIN = {"network": {"options": {"width": 2}}, "batch": 4, "epochs": 3, "steps_per_epoch": 2, "validate_every": 3}
CURRICULUM = {
    "steps": 1,
    "share": 0.5,
    "confidence": {"filters": [3], "batch": 4, "epochs": 3, "steps_per_epoch": 2},
    "relabel": {"batch": 4},
    "train": {"epochs": 3},
}
FIRST_PROGRESS = {
    "01-train": "metrics.csv",
    "02-confidence": "metrics.csv",
    "03-relabel": "step-1/cases/*.json",
    "04-train": "metrics.csv",
}


def has_begun(folder, pattern):
    """Whether a stage has left its first epoch, or its first case."""
    files = list(folder.glob(pattern))
    return bool(files) and (files[0].suffix != ".csv" or len(files[0].read_text().splitlines()) > 1)


def kill_in(stage, command, folder):
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 300
        while not has_begun(folder / "killed" / stage, FIRST_PROGRESS[stage]):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)


def checksums(folder, pattern="*"):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob(pattern))
        if path.is_file()
    }


@pytest.mark.slow
def test_ends_as_if_nobody_had_killed_it(tiny_run, tmp_path):
    common = {name: str(getattr(tiny_run, name)) for name in ("store", "splits", "annotations")}
    curriculum = CURRICULUM | {name: common | CURRICULUM[name] for name in ("confidence", "relabel")}
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump({"train": common | TRAIN, "curriculum": curriculum}, sort_keys=False))
    experts = checksums(tiny_run.store)
    command = [sys.executable, "-m", "tfpartial", "run", "tiny.yaml", "--out"]
    for stage in FIRST_PROGRESS:
        kill_in(stage, [*command, "killed"], tmp_path)
    subprocess.run([*command, "killed"], cwd=tmp_path, check=True, capture_output=True)
    subprocess.run([*command, "whole"], cwd=tmp_path, check=True, capture_output=True)

    layers = [checksums(tmp_path / run / "03-relabel" / "step-1" / "cases", "*.h5") for run in ("killed", "whole")]
    assert layers[0] == layers[1] and layers[0]
    networks = [keras.saving.load_model(tmp_path / run / "04-train" / "last.keras", compile=False) for run in ("killed", "whole")]
    for one, other in zip(*(network.get_weights() for network in networks), strict=True):
        np.testing.assert_array_equal(one, other)
    assert checksums(tiny_run.store) == experts
