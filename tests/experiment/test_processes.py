"""Each stage is a process, and no process outlives its run."""

import json
import time
from pathlib import Path

import pytest

from tfpartial.artifacts import read_json


def wait_for_end(pid):
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0]:
        assert time.monotonic() < deadline, f"process {pid} outlived its run"
        time.sleep(0.05)


def epochs(fakes):
    return [line for line in fakes.journal() if line.startswith("epoch")]


def test_a_run_is_one_command(command, tmp_path):
    result = command("run", "tiny.yaml", "--out", "run")
    assert result.returncode == 0, result.stderr
    assert "[8/8] 08-score" in result.stderr
    assert "mean_dsc: 0.3" in result.stdout
    assert read_json(tmp_path / "run" / "06-train" / "provenance.json", "provenance")["command"] == [
        "tfpartial",
        "train",
        "--config",
        str(tmp_path / "run" / "06-train" / "config.yaml"),
    ]


def test_json_is_the_only_thing_on_standard_output(command):
    stages = json.loads(command("run", "tiny.yaml", "--out", "run", "--json").stdout)["stages"]
    assert {row["state"] for row in stages} == {"finished"}
    assert all(0 < row["minutes"] < 1 for row in stages)


@pytest.mark.parametrize("verb", ["phantom", "train"])
def test_a_run_killed_inside_a_stage_takes_the_stage_with_it_and_goes_on(command, fakes, verb):
    fakes.behave(**{verb: "kill run"})
    assert command("run", "tiny.yaml", "--out", "run").returncode == -9
    pids = [line.split()[1] for line in fakes.journal() if line.startswith(verb)]
    wait_for_end(pids[-1])
    fakes.behave()
    result = command("run", "tiny.yaml", "--out", "run")
    assert result.returncode == 0, result.stderr
    assert epochs(fakes) == ["epoch 0", "epoch 1", "epoch 2"]
    assert not any("outlived" in line for line in fakes.journal())
    done = [line.split()[0] for line in fakes.journal()]
    assert {name: done.count(name) for name in ("ingest", "split", verb)} == {"ingest": 1, "split": 1, verb: 2}


def test_a_stage_that_is_killed_ends_the_run_with_the_reason(command, fakes):
    fakes.behave(split="die")
    result = command("run", "tiny.yaml", "--out", "run")
    assert result.returncode == 1
    assert "tfpartial run: 03-split: its process was ended by SIGKILL (out of memory?)" in result.stderr


def test_a_stage_that_fails_says_why_and_the_run_says_which(command, fakes, tmp_path):
    fakes.behave(split="fail")
    result = command("run", "tiny.yaml", "--out", "run")
    assert result.returncode == 1
    assert "tfpartial split: split was told to fail\n" in result.stderr
    config = tmp_path / "run" / "03-split" / "config.yaml"
    alone = f"tfpartial run: 03-split: stopped with exit status 1; alone it is `tfpartial split --config {config}`\n"
    assert result.stderr.endswith(alone)


def test_a_misspelled_option_of_the_run_is_a_usage_error(command):
    result = command("run", "tiny.yaml", "--untill", "split")
    assert result.returncode == 2
    assert "untill" in result.stderr


def test_a_sweep_goes_on_after_a_failed_cell_and_says_so_at_the_end(command, fakes, tmp_path):
    text = (tmp_path / "tiny.yaml").read_text().replace("simulate: {alpha: 0.3}", "simulate:")
    sweep = "sweep: {alphas: [1.0, 0.1], methods: {second: {train: {method: naive}}, first: {train: {method: certain}}}}\n"
    (tmp_path / "cells.yaml").write_text(text + sweep)
    fakes.behave(predict="fail at alpha0.1")
    result = command("sweep", "cells.yaml", "--out", "sweep", "--json")
    assert result.returncode == 1
    cells = json.loads(result.stdout)["cells"]
    reason = "alpha0.1/fold0/{}/07-predict: tfpartial predict: predict was told to fail"
    assert [(cell["method"], cell["alpha"], cell["state"], cell["reason"]) for cell in cells] == [
        ("second", 1.0, "finished", ""),
        ("first", 1.0, "finished", ""),
        ("second", 0.1, "failed", reason.format("second")),
        ("first", 0.1, "failed", reason.format("first")),
    ]
    assert result.stderr.endswith("tfpartial sweep: 2 of 4 cells failed; the same command tries them again\n")
