"""The stages that look at a data set, through the command."""

import json

import pandas as pd
import pytest
import yaml

from tfpartial import cli, models
from tfpartial.data.store.store import Store

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


def test_coverage_writes_the_sizes_of_the_labels_that_a_fold_keeps(tiny_run, tmp_path, capsys):
    sizes, store = tmp_path / "sizes.json", Store.open(tiny_run.store)
    words = ["--manifest", tiny_run.manifest, "--out", tmp_path / "coverage", "--workers", 1, "--sizes", sizes]
    assert run(capsys, "coverage", *words, "--annotations", tiny_run.annotations, "--fold", 1)[0] == 0
    fold = json.loads(tiny_run.annotations.read_text())["folds"][1]
    for place, (organ, found) in enumerate(json.loads(sizes.read_text())["organs"].items()):
        kept = [case for case, organs in fold.items() if organ in organs]
        assert 0 < found["volume_mm3"]["n"] <= len(kept) < len(fold)
        slices = sum(int((store.voxels(case)[:, place] > 0).sum()) for case in kept)
        assert found["area_mm2"]["n"] == slices
    assert {path.name for path in (tmp_path / "coverage").glob("*.json")} >= {"coverage.json", "done.json"}
    words[3] = tmp_path / "again"
    assert run(capsys, "coverage", *words)[0] == 0
    whole = json.loads(sizes.read_text())["organs"]
    assert all(found["volume_mm3"]["n"] > 3 for found in whole.values()), "all six cases are annotated"


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


def test_plan(tiny_run, tmp_path, capsys):
    """32x32 slices: four stages, to 4x4."""
    fingerprint, out = tmp_path / "fingerprint.json", tmp_path / "plan.yaml"
    assert run(capsys, "fingerprint", "--manifest", tiny_run.manifest, "--out", fingerprint, "--workers", 1)[0] == 0
    words = ["plan", "--fingerprint", fingerprint, "--out", out, "--spacing", "native", "--width", 2, "--json"]
    status, printed, _ = run(capsys, *words, "--network", "nnunet")
    assert status == 0
    planned, summary = yaml.safe_load(out.read_text()), json.loads(printed)
    assert planned["prepare"]["size"] == [32, 32]
    assert planned["train"]["network"] == {"name": "nnunet", "options": {"width": 2, "max_width": 512, "stages": 4}}
    low, high = planned["train"]["window_hu"]
    assert low == json.loads(fingerprint.read_text())["foreground_intensity"]["CT"]["p0.5"] < high
    assert [row["size"] for row in summary["stages"]] == ["32x32", "16x16", "8x8", "4x4"]
    assert summary["parameters"] == models.build("nnunet", 7, (32, 32, 1), width=2).count_params()
    assert run(capsys, *words)[0] == 0
    assert yaml.safe_load(out.read_text())["train"]["network"] == {"name": "unet", "options": {"width": 2}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 9}, "expected the fingerprint of a data set in format 1, got 9"),
        ({"cases": {}}, "expected cases with sizes and spacings above 0, got none"),
        ({"organs": None}, "expected the fingerprint of a data set; a value in it is of another type"),
        ({"cases": []}, "expected the fingerprint of a data set; a value in it is of another type"),
        (
            {"cases": {"a": {"size_zyx": [3, 0, 3], "spacing_mm_zyx": [1, 1, 1]}}},
            "expected cases with sizes and spacings above 0, got others",
        ),
    ],
)
def test_a_plan_of_something_else_is_one_line(change, message, tmp_path, capsys):
    content = {"format": 1, "name": "n", "organs": ["a"], "channel_names": ["CT"], "foreground_intensity": {"CT": None}}
    content["cases"] = {"a": {"size_zyx": [3, 64, 64], "spacing_mm_zyx": [1, 1, 1]}}
    path = tmp_path / "fingerprint.json"
    path.write_text(json.dumps(content | change))
    status, _, err = run(capsys, "plan", "--fingerprint", path, "--out", tmp_path / "plan.yaml")
    assert status == 1 and message in err and len(err.splitlines()) == 1
    assert not (tmp_path / "plan.yaml").exists()


@pytest.mark.parametrize("option", [[], ["--path"]])
def test_info_takes_the_path_with_or_without_the_name_of_the_option(option, tiny_run, capsys):
    status, out, _ = run(capsys, "info", *option, tiny_run.manifest, "--json")
    assert status == 0
    assert json.loads(out)["is"] == "manifest"


def test_info_of_nothing_is_one_line(tmp_path, capsys):
    status, _, err = run(capsys, "info", tmp_path / "nothing")
    assert (status, err) == (1, f"tfpartial info: {tmp_path / 'nothing'}: no such file or folder\n")
