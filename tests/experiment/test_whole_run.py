"""The real stages: killed in the middle of a training, then finished, then left alone."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tfpartial.artifacts import read_json

EXPERIMENT = """\
phantom: {cases: 6, size: [32, 32], slice_mm: [20, 25]}
ingest:
split: {folds: 2, val_share: 0.3}
simulate: {alpha: 0.5}
prepare: {size: [32, 32]}
train: {network: {options: {width: 2}}, batch: 4, epochs: 3, steps_per_epoch: 2, validate_every: 1}
predict:
score:
"""
NAMES = ["01-phantom", "02-ingest", "03-split", "04-simulate", "05-prepare", "06-train", "07-predict", "08-score"]


@pytest.mark.slow
def test_a_run_killed_in_its_training_goes_on_and_does_nothing_twice(tmp_path):
    (tmp_path / "tiny.yaml").write_text(EXPERIMENT)
    command = [sys.executable, "-m", "tfpartial", "run", "tiny.yaml", "--out", "run"]
    run = tmp_path / "run"
    metrics = run / "06-train" / "metrics.csv"
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 300
        while not metrics.is_file() or len(metrics.read_text().splitlines()) < 2:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
    finished = {name: (run / name / "done.json").stat().st_mtime_ns for name in NAMES[:5]}
    assert not (run / "06-train" / "done.json").exists(), "the training came to its end before it was killed"

    second = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert second.stderr.count("finished already") == 5
    assert finished == {name: (run / name / "done.json").stat().st_mtime_ns for name in NAMES[:5]}
    assert [line.split(",")[0] for line in metrics.read_text().splitlines()] == ["epoch", "1", "2", "3"]
    scores = read_json(run / "08-score" / "summary.json", "scores")["overall"]["dsc"]
    assert 0 <= scores["mean_of_organs"] <= 1

    third = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert third.stderr.count("finished already") == len(NAMES)
