import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tfpartial import cli
from tfpartial.artifacts import read_json
from tfpartial.config import SourceConfig
from tfpartial.data.files import ImageFile
from tfpartial.data.ingest.verify import accept, verify_dataset
from tfpartial.data.layouts import read_source
from tfpartial.data.manifest import read_manifest, write_manifest
from tfpartial.errors import TfpartialError


def manifest_of(data, tolerance_mm=0.1, workers=1):
    dataset = read_source(SourceConfig(data.root))
    return accept(dataset, list(verify_dataset(dataset, tolerance_mm, workers)), tolerance_mm)


def test_a_good_data_set_becomes_a_manifest(tiny_dataset):
    manifest = manifest_of(tiny_dataset)
    assert list(manifest.cases) == ["a", "b", "c"]
    a, b, c = manifest.cases.values()
    assert a.size_zyx == (4, 5, 6)
    assert a.spacing_mm_zyx == (3.0, 1.5, 1.5)
    assert a.voxels == {"liver": 2, "spleen": 2}
    assert b.voxels == {"liver": 2}
    assert (c.annotated, c.labels, c.voxels) == ((), (), {})
    assert manifest.complete() == ("a",)
    assert manifest.annotated_for("liver") == ("a", "b")


def test_the_organs_that_the_label_shows_are_annotated_by_default(tiny_dataset):
    tiny_dataset.write(tiny_dataset.label("c"), np.zeros((4, 5, 6), np.uint8))
    tiny_dataset.describe(annotated={})
    manifest = manifest_of(tiny_dataset)
    assert [case.annotated for case in manifest.cases.values()] == [("liver", "spleen"), ("liver",), ()]


def test_an_annotated_organ_may_be_absent(tiny_dataset):
    tiny_dataset.describe(annotated={"a": ["liver", "spleen"], "b": ["liver", "spleen"], "c": []})
    assert manifest_of(tiny_dataset).cases["b"].voxels == {"liver": 2, "spleen": 0}


def test_a_label_within_the_tolerance_is_accepted(tiny_dataset):
    tiny_dataset.write(tiny_dataset.label("a"), tiny_dataset.organs(1, 2), origin=(10.0, -20.0, 30.3))
    assert manifest_of(tiny_dataset, tolerance_mm=0.31).tolerance_mm == 0.31


def test_ignored_voxels_belong_to_no_organ(tiny_dataset):
    tiny_dataset.describe(labels={"background": 0, "liver": 1, "spleen": 2, "ignore": 3})
    tiny_dataset.write(tiny_dataset.label("b"), tiny_dataset.organs(1, 3))
    manifest = manifest_of(tiny_dataset)
    assert manifest.cases["b"].labels[0].ignore == (3,)
    assert (manifest.cases["b"].voxels, manifest.cases["b"].ignored) == ({"liver": 2}, 2)


def test_processes_find_the_same(tiny_dataset):
    assert manifest_of(tiny_dataset, workers=2) == manifest_of(tiny_dataset, workers=1)


def test_a_manifest_comes_back_from_its_file(tiny_dataset, tmp_path):
    manifest = manifest_of(tiny_dataset)
    write_manifest(manifest, tmp_path / "manifest.json")
    assert read_manifest(tmp_path / "manifest.json") == manifest


@pytest.mark.parametrize("name", ["../other/a.nii.gz", "/etc/passwd"])
def test_a_manifest_that_names_files_elsewhere_is_refused(tiny_dataset, tmp_path, name):
    write_manifest(manifest_of(tiny_dataset), tmp_path / "manifest.json")
    content = read_json(tmp_path / "manifest.json", "content")
    content["cases"]["a"]["images"][0]["path"] = name
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(TfpartialError, match=r"case 'a': .* expected a name inside of the data set"):
        read_manifest(tmp_path / "manifest.json")


def test_a_manifest_may_have_several_roots(tiny_dataset, tmp_path):
    manifest = manifest_of(tiny_dataset)
    moved = dataclasses.replace(manifest.cases["c"], root=tmp_path / "x", images=(ImageFile(tmp_path / "x" / "c.mha"),))
    manifest = dataclasses.replace(manifest, cases={**manifest.cases, "c": moved})
    write_manifest(manifest, tmp_path / "manifest.json")
    assert read_manifest(tmp_path / "manifest.json") == manifest


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no such file; expected the manifest"), ("{}", "expected the manifest in format 2, got none"), ("[", "as JSON")],
)
def test_says_when_a_file_is_no_manifest(tmp_path, content, message):
    path = tmp_path / "manifest.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(TfpartialError, match=message):
        read_manifest(path)


def test_names_an_unknown_case(tiny_dataset):
    with pytest.raises(TfpartialError, match="case 'x' is not in the manifest"):
        manifest_of(tiny_dataset).case("x")


def test_ingest_writes_the_manifest_and_says_what_is_in_it(tiny_dataset, tmp_path, capsys):
    out = tmp_path / "work" / "manifest.json"
    words = ["ingest", "--dataset", str(tiny_dataset.root), "--out", str(out), "--workers", "1"]
    assert cli.main(words) == 0
    printed = capsys.readouterr().out
    assert "unlabeled: c" in printed
    assert "complete: 1" in printed
    assert read_manifest(out) == manifest_of(tiny_dataset)


def test_reading_works_without_tensorflow():
    modules = ("ingest.verify", "volumes.slabs", "store.inplane", "fold.simulate")
    lines = [f"import sys, {', '.join(f'tfpartial.data.{module}' for module in modules)}"]
    lines += ["sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"]
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", "\n".join(lines)], cwd=root, check=False).returncode == 0
