"""A joined data set written as one folder, and what its own ingest finds there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from tfpartial import cli
from tfpartial.data.files import ImageFile
from tfpartial.data.geometry import Geometry
from tfpartial.data.manifest import read_manifest
from tfpartial.data.volumes.slabs import SlabReader

SAME = ("annotated", "source", "patient", "size_zyx", "spacing_mm_zyx", "voxels", "ignored")
ORGANS = {"liver": [1], "spleen": [2]}


@pytest.fixture
def sources(files, tmp_path: Path) -> list[dict[str, Any]]:
    """A data set with voxels to ignore and an unlabeled case, one in other orientations and formats, and a DICOM series."""
    root = tmp_path / "expert"
    label = files.box()
    label[3, 0, :] = 3
    label[2, 4, 0] = 2
    for number, name in enumerate("ab"):
        files.write_volume(root / "imagesTr" / f"{name}_0000.nii.gz", files.hu(number), orientation="LAS")
    files.write_volume(root / "labelsTr" / "a.nii.gz", label, orientation="LAS")
    description = {
        "channel_names": {"0": "CT"},
        "labels": {"background": 0, "liver": 1, "spleen": 2, "ignore": 3},
        "file_ending": ".nii.gz",
        "annotated": {"a": ["liver", "spleen"], "b": []},
        "patient": {"a": "p1", "b": "p1"},
    }
    (root / "dataset.json").write_text(json.dumps(description))
    other = tmp_path / "other"
    files.write_volume(other / "images" / "x.nrrd", files.hu(2).astype(np.float32), orientation="PIR")
    files.write_volume(other / "labels" / "x.mha", files.box(2), orientation="SLA")
    patterns = {"images": "images/{case}.nrrd", "labels": "labels/{case}.mha", "organs": {"spleen": [2]}, "rescale": [1.0, -24.0]}
    series = files.write_series(tmp_path / "scans" / "p" / "ct", files.hu(3))
    files.write_dicom_seg(tmp_path / "scans" / "p" / "seg.dcm", series, {"liver": files.box()})
    return [
        {"path": root},
        {"path": other, "layout": "pairs", **patterns},
        {"path": tmp_path / "scans", "layout": "dicom"},
    ]


@pytest.fixture
def written(stage, join, sources, tmp_path: Path) -> tuple[Any, Path]:
    """The joined data set and its folder."""
    joined = join(*sources)
    summary = stage("write", manifest=joined.store.root.with_name("manifest.json"), out=tmp_path / "written")
    assert summary == {"dataset": str(tmp_path / "written"), "cases": 4, "organs": ["liver", "spleen"]}
    return joined, tmp_path / "written"


def test_its_own_ingest_finds_the_same(written, join):
    joined, folder = written
    again = join({"path": folder}, out="again")
    assert again.manifest.organs == joined.manifest.organs
    assert again.manifest.channel_names == joined.manifest.channel_names
    assert list(again.manifest.cases) == list(joined.manifest.cases) == ["expert_a", "expert_b", "other_x", "scans_p"]
    for case_id, case in joined.manifest.cases.items():
        other = again.manifest.cases[case_id]
        assert {name: getattr(other, name) for name in SAME} == {name: getattr(case, name) for name in SAME}
        np.testing.assert_array_equal(again.codes(case_id), joined.codes(case_id))
        np.testing.assert_array_equal(again.image(case_id), joined.image(case_id))
    assert (np.count_nonzero(again.codes("expert_a") == 255), again.manifest.cases["expert_a"].ignored) == (6, 6)


def test_images_stay_on_their_native_grids(written):
    joined, folder = written
    for case_id, case in joined.manifest.cases.items():
        before = SlabReader(case.images).native
        after = SlabReader([ImageFile(folder / "imagesTr" / f"{case_id}_0000.nii.gz")]).native
        assert after.orientation == before.orientation
        for name in ("size_xyz", "spacing_mm_xyz", "origin_mm_xyz", "direction"):
            np.testing.assert_allclose(getattr(after, name), getattr(before, name), atol=1e-5)


def test_another_reader_sees_the_same_voxels_and_the_same_place(written):
    _, folder = written
    image, label = (nibabel.load(folder / name) for name in ("imagesTr/other_x_0000.nii.gz", "labelsTr/other_x.nii.gz"))
    np.testing.assert_allclose(image.affine, label.affine, atol=1e-5)
    assert set(np.unique(np.asarray(label.dataobj))) == {0, 2}
    grid = Geometry((6, 5, 4), (1.5, 1.5, 3.0), (10.0, -20.0, 30.0))
    first = nibabel.affines.apply_affine(image.affine, np.argwhere(np.asarray(label.dataobj) == 2)).mean(axis=0)
    middle = grid.positions_mm(np.array([2.5, 1.5, 1.0]))  # of the box, x, y, z in LPS; nibabel's world is RAS
    np.testing.assert_allclose(first, middle * (-1, -1, 1), atol=1e-5)


def test_the_description_is_one_that_nnunet_takes(written):
    _, folder = written
    content = json.loads((folder / "dataset.json").read_text())
    assert content["labels"] == {"background": 0, "liver": 1, "spleen": 2, "ignore": 3}
    assert content["channel_names"] == {"0": "CT"}
    assert (content["numTraining"], content["file_ending"]) == (4, ".nii.gz")
    assert content["annotated"] == {
        "expert_a": ["liver", "spleen"],
        "expert_b": [],
        "other_x": ["spleen"],
        "scans_p": ["liver"],
    }
    assert content["patient"]["expert_a"] == content["patient"]["expert_b"] == "expert/p1"
    assert not (folder / "labelsTr" / "expert_b.nii.gz").exists()


def test_an_organ_that_was_looked_for_and_is_absent_stays_so(files, stage, join, tmp_path):
    root = tmp_path / "totalsegmentator"
    for name, organ in (("s1", "liver"), ("s2", "spleen")):
        files.write_volume(root / name / "ct.nii.gz", files.hu(len(organ)))
        files.write_volume(root / name / "segmentations" / f"{organ}.nii.gz", files.box())
    joined = join({"path": root, "organs": {"liver": ["liver"]}, "annotated": ["liver"]})
    assert [len(case.labels) for case in joined.manifest.cases.values()] == [1, 0]
    stage("write", manifest=joined.store.root.with_name("manifest.json"), out=tmp_path / "written")
    again = join({"path": tmp_path / "written"}, out="again")
    assert {case.id: dict(case.voxels) for case in again.manifest.cases.values()} == {"s1": {"liver": 4}, "s2": {"liver": 0}}


def test_a_folder_that_holds_something_is_left_alone(written, capsys):
    joined, folder = written
    before = sorted(folder.rglob("*"))
    manifest = joined.store.root.with_name("manifest.json")
    status = cli.main(["write", "--manifest", str(manifest), "--out", str(folder), "--workers", "1"])
    assert status == 1
    assert "is there already and is not an empty folder" in capsys.readouterr().err
    assert sorted(folder.rglob("*")) == before


def test_a_volume_that_is_gone_leaves_no_description(files, join, tmp_path, capsys):
    root = tmp_path / "source"
    for number, name in enumerate("ab"):
        files.write_volume(root / "images" / f"{name}.mha", files.hu(number))
        files.write_volume(root / "labels" / f"{name}.mha", files.box())
    patterns = {"images": "images/{case}.mha", "labels": "labels/{case}.mha", "organs": {"liver": [1]}}
    joined = join({"path": root, "layout": "pairs", **patterns})
    (root / "images" / "b.mha").unlink()
    manifest = joined.store.root.with_name("manifest.json")
    status = cli.main(["write", "--manifest", str(manifest), "--out", str(tmp_path / "out"), "--workers", "1"])
    error = capsys.readouterr().err
    assert (status, error.count("\n")) == (1, 1)
    assert "b.mha: no such file" in error
    assert not (tmp_path / "out" / "dataset.json").exists()
    assert not [path for path in (tmp_path / "out").rglob("*") if path.name.startswith(".unfinished")]
    assert read_manifest(manifest).cases["a"].images[0].path.is_file()


def test_as_a_stage_of_a_run_it_starts_again_after_a_kill(tiny_run, tmp_path):
    file = tmp_path / "write.yaml"
    file.write_text(f"write: {{manifest: {tiny_run.manifest}, workers: 1}}\n")
    words = ["run", str(file), "--out", str(tmp_path / "run"), "--json"]
    assert cli.main(words) == 0
    stage = tmp_path / "run" / "01-write"
    (stage / "done.json").unlink()
    (stage / "dataset" / "dataset.json").unlink()
    assert cli.main(words) == 0
    assert (stage / "dataset" / "dataset.json").is_file()
