"""Folders of volumes: the command that was killed goes on there, another one does not write into it."""

import json
from pathlib import Path

import pytest

from tfpartial import cli
from tfpartial.artifacts import sha256

OF_TIME = {"provenance.json", "done.json", "checksums.json", "config.yaml"}


@pytest.fixture
def data(files, tmp_path, monkeypatch) -> None:
    """A data set of two cases and its manifest, in the current folder."""
    monkeypatch.chdir(tmp_path)
    root = Path("data")
    for number, name in enumerate("ab"):
        files.write_volume(root / "imagesTr" / f"{name}_0000.nii.gz", files.hu(number))
        files.write_volume(root / "labelsTr" / f"{name}.nii.gz", files.box())
    content = {"channel_names": {"0": "CT"}, "labels": {"background": 0, "liver": 1}, "file_ending": ".nii.gz", "numTraining": 2}
    (root / "dataset.json").write_text(json.dumps(content))
    assert cli.main(["ingest", "--dataset", "data", "--out", "manifest.json", "--workers", "1"]) == 0


def killed_before_its_last_volume(folder: Path, volume: str) -> None:
    """What a killed run leaves, from what a finished one leaves."""
    for name in ("done.json", "checksums.json", "dataset.json", volume):
        (folder / name).unlink()


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in OF_TIME)
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files}


@pytest.mark.parametrize(
    ("words", "volume", "change", "refused"),
    [
        (
            ["phantom", "--cases", "2", "--size", "32", "32", "--slice_mm", "20", "25"],
            "imagesTr/phantom_0002_0000.nii.gz",
            ["--cases", "1"],
            "cases: 2 -> 1",
        ),
        (["write", "--manifest", "manifest.json"], "labelsTr/b.nii.gz", ["--manifest", "other.json"], "manifest.json -> other"),
    ],
)
def test_the_same_command_goes_on_and_another_is_refused(data, capsys, words, volume, change, refused):
    assert cli.main([*words, "--out", "whole", "--workers", "1"]) == 0
    assert cli.main([*words, "--out", "killed", "--workers", "1"]) == 0
    killed_before_its_last_volume(Path("killed"), volume)
    Path("other.json").write_bytes(Path("manifest.json").read_bytes())
    assert cli.main([*words, *change, "--out", "killed"]) == 1
    assert refused in capsys.readouterr().err
    assert not Path("killed", volume).exists()
    assert cli.main([*words, "--out", "killed", "--workers", "2"]) == 0  # fewer or more workers make no other volumes
    assert contents(Path("killed")) == contents(Path("whole"))
    assert Path("killed/done.json").is_file()


@pytest.mark.parametrize("holds", ["mine.txt", "dataset.json"])
def test_a_folder_that_holds_something_else_is_refused_before_any_work(tmp_path, capsys, holds):
    (tmp_path / holds).write_text("keep")
    words = ["phantom", "--out", str(tmp_path), "--cases", "1", "--size", "32", "32", "--workers", "1"]
    assert cli.main(words) == 1
    assert "is there already and is not an empty folder; remove it or choose another" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [holds]
