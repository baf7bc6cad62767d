"""The stages that look at a data set, through the command."""

import json

import pandas as pd
import pytest

from tfpartial import cli

FILES = ("coverage.json", "coverage.csv", "cases.csv", "coverage.md", "coverage.png")


def run(capsys, *words):
    status = cli.main([str(word) for word in words])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_coverage_writes_its_tables_and_picture(tiny_run, tmp_path, capsys):
    words = ["--manifest", tiny_run.manifest, "--out", tmp_path / "coverage", "--workers", 1, "--json"]
    status, out, _ = run(capsys, "coverage", *words)
    assert status == 0
    summary = json.loads(out)
    assert (summary["cases"], summary["complete"]) == (6, 6)
    names = {
        "coverage.json",
        "coverage.csv",
        "cases.csv",
        "coverage.md",
        "coverage.png",
        "checksums.json",
        "config.yaml",
        "provenance.json",
        "done.json",
    }
    assert {path.name for path in (tmp_path / "coverage").iterdir()} == names
    content = json.loads((tmp_path / "coverage" / "coverage.json").read_text())
    manifest = json.loads(tiny_run.manifest.read_text())
    voxels = {organ["organ"]: organ["voxels"]["max"] for organ in content["organs"]}
    assert voxels == {name: max(case["voxels"][name] for case in manifest["cases"].values()) for name in manifest["organs"]}
    assert {organ["learnable_share"] for organ in content["organs"]} == {1.0}
    rows = pd.read_csv(tmp_path / "coverage" / "cases.csv")
    assert len(rows) == 6 * len(manifest["organs"])


def test_coverage_of_a_fold_has_its_cases_and_the_labels_that_they_keep(tiny_run, tmp_path, capsys):
    out_folder = tmp_path / "coverage"
    words = [
        "--manifest",
        tiny_run.manifest,
        "--out",
        out_folder,
        "--annotations",
        tiny_run.annotations,
        "--fold",
        1,
        "--workers",
        1,
    ]
    assert run(capsys, "coverage", *words)[0] == 0
    content = json.loads((out_folder / "coverage.json").read_text())
    fold = json.loads(tiny_run.annotations.read_text())["folds"][1]
    assert content["cases"] == len(fold)
    kept = {organ["organ"]: organ["annotated"] for organ in content["organs"]}
    assert kept == {organ: sum(organ in organs for organs in fold.values()) for organ in kept}
    assert all(organ["learnable_share"] < 1 for organ in content["organs"])


def test_the_same_coverage_with_one_process_and_with_two(tiny_run, tmp_path, capsys):
    for workers in (1, 2):
        assert (
            run(capsys, "coverage", "--manifest", tiny_run.manifest, "--out", tmp_path / str(workers), "--workers", workers)[0]
            == 0
        )
    for name in ("coverage.json", "coverage.csv", "cases.csv", "coverage.md", "coverage.png"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes(), name


def test_fingerprint(tiny_run, tmp_path, capsys):
    words = ["--manifest", tiny_run.manifest, "--out", tmp_path / "fingerprint.json", "--workers", 1, "--json"]
    status, out, _ = run(capsys, "fingerprint", *words)
    assert status == 0
    content = json.loads((tmp_path / "fingerprint.json").read_text())
    manifest = json.loads(tiny_run.manifest.read_text())
    assert {name: case["size_zyx"] for name, case in content["cases"].items()} == {
        name: case["size_zyx"] for name, case in manifest["cases"].items()
    }
    foreground = sum(sum(case["voxels"].values()) for case in manifest["cases"].values())
    assert content["foreground_intensity"]["CT"]["voxels"] == foreground
    assert -100 < content["foreground_intensity"]["CT"]["median"] < 200
    assert json.loads(out)["coarsest_axis"] == "z"


@pytest.mark.parametrize("option", [[], ["--path"]])
def test_info_takes_the_path_with_or_without_the_name_of_the_option(option, tiny_run, capsys):
    status, out, _ = run(capsys, "info", *option, tiny_run.manifest, "--json")
    assert status == 0
    assert json.loads(out)["is"] == "manifest"


def test_info_of_nothing_is_one_line(tmp_path, capsys):
    status, _, err = run(capsys, "info", tmp_path / "nothing")
    assert (status, err) == (1, f"tfpartial info: {tmp_path / 'nothing'}: no such file or folder\n")
