import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial import cli
from tfpartial.data.files import ImageFile
from tfpartial.data.manifest import write_manifest
from tfpartial.data.store.prepare import finish_store, prepare_cases
from tfpartial.data.store.store import Store
from tfpartial.data.volumes.volume import read_volume
from tfpartial.errors import TfpartialError

SIZE = (8, 10)


def prepare(manifest, out: Path, size=SIZE, workers=1) -> dict:
    list(prepare_cases(manifest, out, size, workers=workers))
    return finish_store(manifest, out, size)


def checksums(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_stored_slice_is_the_native_slice_with_padding(manifest, store):
    native = read_volume(manifest.cases["a"].images).array  # (5, 6, 7, 1)
    image = store.image("a")
    assert image.dtype == np.int16
    assert image.shape == (5, 8, 10, 1)
    np.testing.assert_array_equal(image[:, 1:7, 1:8], native)
    assert (np.delete(image, range(1, 7), axis=1) == -1024).all()
    assert (np.delete(image, range(1, 8), axis=2) == -1024).all()


def test_a_stored_label_is_the_native_label_with_padding(store):
    label = store.label("a")[:]
    expected = np.zeros((8, 10), np.uint8)
    expected[3:5, 3:5] = 1  # native rows and columns 2:4, moved by the padding of one
    assert label.dtype == np.uint8
    np.testing.assert_array_equal(label[1], expected)


def test_a_case_without_a_label_file_has_an_empty_layer(store):
    assert store.cases["c"].annotated == ()
    assert not store.label("c")[:].any()


def test_channels_stay_apart(manifest, tmp_path):
    case = manifest.cases["a"]
    two = dataclasses.replace(case, images=case.images * 2)
    manifest = dataclasses.replace(manifest, channel_names=("CT", "CT again"), cases={"a": two})
    prepare(manifest, tmp_path / "out")
    image = Store.open(tmp_path / "out").image("a")
    assert image.shape == (5, 8, 10, 2)
    np.testing.assert_array_equal(image[..., 0], image[..., 1])


def test_cropping_is_reported(manifest, tmp_path):
    assert prepare(manifest, tmp_path / "fits")["cropped"] == []
    assert prepare(manifest, tmp_path / "small", size=(7, 8)) == {"cases": 3, "slices": 12, "cropped": ["b"]}


def test_the_same_input_gives_the_same_bytes_in_one_process_or_two(manifest, tmp_path):
    prepare(manifest, tmp_path / "one", workers=1)
    prepare(manifest, tmp_path / "two", workers=2)
    assert checksums(tmp_path / "one") == checksums(tmp_path / "two")


def test_goes_on_where_it_was_interrupted(manifest, tmp_path):
    prepare(manifest, tmp_path / "whole")
    out = tmp_path / "interrupted"
    running = prepare_cases(manifest, out, SIZE, workers=1)
    first = next(running)
    running.close()
    leftover = out / "cases" / ".unfinished-1234-b"
    leftover.mkdir()
    time_ns = (out / "cases" / first / "image.npy").stat().st_mtime_ns
    assert prepare(manifest, out)["cases"] == 3
    assert (out / "cases" / first / "image.npy").stat().st_mtime_ns == time_ns
    assert checksums(out) == checksums(tmp_path / "whole")
    assert not leftover.exists()


def test_yields_every_case_once_also_when_some_are_finished(manifest, tmp_path):
    assert sorted(prepare_cases(manifest, tmp_path, SIZE, workers=1)) == ["a", "b", "c"]
    assert sorted(prepare_cases(manifest, tmp_path, SIZE, workers=1)) == ["a", "b", "c"]


def test_a_store_that_grows_is_not_finished_until_it_is_closed(manifest, tmp_path):
    fewer = dataclasses.replace(manifest, cases={"a": manifest.cases["a"]})
    prepare(fewer, tmp_path / "out")
    next(prepare_cases(manifest, tmp_path / "out", SIZE, workers=1))
    with pytest.raises(TfpartialError, match="has not finished this store"):
        Store.open(tmp_path / "out")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": (16, 16)}, r"cases/a: was prepared with size \[8, 10\], now \[16, 16\] is asked for"),
        ({"spacing_mm": (1.0, 1.0)}, r"prepared with spacing_mm None, now \[1\.0, 1\.0\] is asked for"),
    ],
)
def test_refuses_to_mix_settings_in_one_store(manifest, store, change, message):
    with pytest.raises(TfpartialError, match=message):
        next(prepare_cases(manifest, store.root, **{"size": SIZE, "workers": 1} | change))


def test_refuses_to_keep_a_case_whose_manifest_entry_changed(manifest, store):
    less = dataclasses.replace(manifest.cases["a"], annotated=("liver",))
    changed = dataclasses.replace(manifest, cases={"a": less})
    with pytest.raises(TfpartialError, match=r"annotated \['liver', 'spleen'\], now \['liver'\] is asked for"):
        next(prepare_cases(changed, store.root, SIZE, workers=1))


def test_refuses_to_keep_a_case_whose_volume_changed(manifest, store):
    with manifest.cases["a"].images[0].path.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(TfpartialError, match=r"was prepared with bytes .*imagesTr/a_0000.nii.gz"):
        next(prepare_cases(manifest, store.root, SIZE, workers=1))


def test_refuses_to_keep_a_case_whose_volume_changed_at_the_same_length(manifest, store):
    path = manifest.cases["a"].images[0].path
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(TfpartialError, match=r"cases/a: was prepared from .*imagesTr/a_0000.nii.gz, which has changed since"):
        prepare_cases(manifest, store.root, SIZE, workers=1)


def test_a_volume_that_was_only_copied_has_not_changed(manifest, store):
    path = manifest.cases["a"].images[0].path
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)
    assert "a" in list(prepare_cases(manifest, store.root, SIZE, workers=1))


def with_voxels_apart(manifest):
    """The manifest, whose case `a` has its image in `a.mhd` and `a.raw`, and the latter file."""
    image = sitk.ReadImage(str(manifest.cases["a"].images[0].path))
    path = manifest.cases["a"].root / "imagesTr" / "a.mhd"
    sitk.WriteImage(image, str(path))
    case = dataclasses.replace(manifest.cases["a"], images=(ImageFile(path),))
    return dataclasses.replace(manifest, cases={"a": case}), path.with_suffix(".raw")


def test_refuses_to_keep_a_case_of_which_the_file_of_the_voxels_changed(manifest, tmp_path):
    manifest, voxels = with_voxels_apart(manifest)
    list(prepare_cases(manifest, tmp_path / "s", SIZE, workers=1))
    assert json.loads((tmp_path / "s/cases/a/case.json").read_text())["bytes"].keys() >= {"imagesTr/a.mhd", "imagesTr/a.raw"}
    voxels.write_bytes(voxels.read_bytes()[:-1] + b"!")
    with pytest.raises(TfpartialError, match=r"cases/a: was prepared from .*imagesTr/a.raw, which has changed since"):
        prepare_cases(manifest, tmp_path / "s", SIZE, workers=1)


def test_a_case_of_an_older_release_that_leaves_out_the_file_of_the_voxels_is_kept(manifest, tmp_path):
    manifest, _ = with_voxels_apart(manifest)
    list(prepare_cases(manifest, tmp_path / "s", SIZE, workers=1))
    path = tmp_path / "s/cases/a/case.json"
    record = json.loads(path.read_text())
    for entry in ("bytes", "read"):
        del record[entry]["imagesTr/a.raw"]
    del record["checksum"]
    path.write_text(json.dumps(record))
    assert list(prepare_cases(manifest, tmp_path / "s", SIZE, workers=1)) == ["a"]


def test_a_volume_that_is_not_what_ingest_saw_leaves_no_case_folder(manifest, tmp_path):
    other = dataclasses.replace(manifest.cases["a"], size_zyx=(9, 9, 9))
    with pytest.raises(TfpartialError, match=r"case a: got \(5, 6, 7\) voxels .* expected the \(9, 9, 9\) that `ingest` saw"):
        prepare(dataclasses.replace(manifest, cases={"a": other}), tmp_path / "out")
    assert not (tmp_path / "out" / "cases" / "a").exists()


def test_a_failing_case_is_named_and_leaves_nothing_half_written(manifest, tmp_path):
    a = manifest.cases["a"]
    liver_only = dataclasses.replace(a, labels=(dataclasses.replace(a.labels[0], organs={"liver": (1,)}),))
    with pytest.raises(TfpartialError, match=r"labelsTr/a\.nii\.gz.*label values 2 .* stand for no organ"):
        prepare(dataclasses.replace(manifest, cases={"a": liver_only}), tmp_path / "out")
    assert list((tmp_path / "out" / "cases").glob("*")) == []


def test_the_record_says_what_the_case_came_from(manifest, store):
    record = json.loads((store.root / "cases" / "a" / "case.json").read_text())
    (image,) = manifest.cases["a"].images
    assert record["root"] == str(manifest.cases["a"].root)
    assert [stored["path"] for stored in record["images"]] == ["imagesTr/a_0000.nii.gz"]
    assert record["bytes"]["imagesTr/a_0000.nii.gz"] == image.path.stat().st_size
    assert record["history"][0] == {
        "step": "read",
        "file": str(image.path),
        "format": "nii.gz",
        "voxels": "16-bit signed integer",
    }
    assert record["native"]["spacing_mm_xyz"] == [2.0, 2.0, 3.0]


def test_the_record_tells_what_was_done_to_the_slices(manifest, tmp_path):
    list(prepare_cases(manifest, tmp_path / "out", (5, 10), spacing_mm=(1.0, 4.0), workers=1))
    record = json.loads((tmp_path / "out" / "cases" / "a" / "case.json").read_text())
    assert record["history"][-2:] == [
        {"step": "resample", "spacing_mm_yx": [1.0, 4.0], "from_mm_yx": [2.0, 2.0]},
        {"step": "fit", "size_yx": [5, 10], "from_yx": [6, 7], "cropped": True},
    ]


def test_the_command_leaves_a_store_and_its_provenance(manifest, tmp_path, capsys):
    write_manifest(manifest, tmp_path / "manifest.json")
    out = tmp_path / "out"
    words = ["--manifest", str(tmp_path / "manifest.json"), "--out", str(out), "--size", "8", "10", "--workers", "1"]
    assert cli.main(["prepare", *words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"cases": 3, "slices": 12, "cropped": []}
    assert Store.open(out).size == (8, 10)
    assert {"store.json", "config.yaml", "provenance.json", "done.json"} <= {path.name for path in out.iterdir()}
    assert cli.main(["prepare", *words, "--size", "16", "16"]) == 1
    assert "was prepared with size [8, 10], now [16, 16] is asked for" in " ".join(capsys.readouterr().err.split())
