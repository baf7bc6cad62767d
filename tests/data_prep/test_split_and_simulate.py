import json
from pathlib import Path

import pytest

from tfpartial import cli
from tfpartial.data.files import ImageFile
from tfpartial.data.manifest import Manifest, ManifestCase, write_manifest
from tfpartial.labels import OrganTable

ORGANS = ("liver", "spleen")


@pytest.fixture
def manifest_path(tmp_path) -> Path:
    image = (ImageFile(tmp_path / "ct.nii.gz"),)
    cases = {
        f"c{number}": ManifestCase(f"c{number}", tmp_path, image, (), ORGANS, None, f"c{number}", (1, 1, 1), (1.0, 1.0, 1.0))
        for number in range(10)
    }
    write_manifest(Manifest("tiny", OrganTable(ORGANS), ("CT",), ORGANS, 0.1, cases), tmp_path / "manifest.json")
    return tmp_path / "manifest.json"


def run(capsys, *words: object) -> tuple[int, str, str]:
    status = cli.main([str(word) for word in words])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_split_then_simulate(manifest_path, tmp_path, capsys):
    splits, annotations = tmp_path / "splits.json", tmp_path / "annotations.json"
    status, out, _ = run(capsys, "split", "--manifest", manifest_path, "--out", splits, "--folds", 2, "--json")
    assert status == 0
    assert json.loads(out)["folds"] == [{"fold": number, "train": 4, "val": 1, "test": 5} for number in range(2)]
    words = ["--manifest", manifest_path, "--splits", splits, "--out", annotations, "--alpha", 0.4]
    status, out, _ = run(capsys, "simulate", *words, "--json")
    assert status == 0
    assert json.loads(out)["cases that keep the label"] == [{"organ": organ, "fold 0": 2, "fold 1": 2} for organ in ORGANS]
    assert json.loads(annotations.read_text())["alpha"] == 0.4


def test_other_splits_are_not_written_over_the_first(manifest_path, tmp_path, capsys):
    words = ["split", "--manifest", manifest_path, "--out", tmp_path / "splits.json", "--folds", 2]
    assert run(capsys, *words)[0] == 0
    before = (tmp_path / "splits.json").read_bytes()
    assert run(capsys, *words)[0] == 0  # the same again
    status, _, err = run(capsys, *words, "--seed", 1)
    assert status == 1
    assert "holds other splits" in err
    assert (tmp_path / "splits.json").read_bytes() == before
