"""A finished stage has the checksums of its files; who opens one compares it."""

import zipfile

import numpy as np
import pytest

from tfpartial.artifacts import read_json, sha256
from tfpartial.checksums import CHECKSUMS, require_intact, require_whole_zip, write_checksums
from tfpartial.config import CompareConfig, PhantomConfig, VerifyConfig
from tfpartial.errors import InputProblems, TfpartialError
from tfpartial.evaluate import verify
from tfpartial.provenance import begin, finish, input_checksums


def change(path, place=-1):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


@pytest.fixture
def folder(tmp_path):
    """Of a finished stage."""
    out = tmp_path / "out"
    begin(out, "phantom", PhantomConfig(out))
    (out / "deep").mkdir()
    for name in ("scores.csv", "deep/map.nii.gz", "deep/not_listed.txt", "log.txt", ".lock"):
        (out / name).write_text(name)
    finish(out, {"cases": 1}, below=["deep/*.nii.gz"])
    return out


def test_a_finished_stage_lists_its_files(folder):
    listed = read_json(folder / CHECKSUMS, "checksums")["files"]
    assert listed == {name: sha256(folder / name) for name in ("config.yaml", "deep/map.nii.gz", "scores.csv")}


@pytest.mark.parametrize("name", ["scores.csv", "deep/map.nii.gz", "config.yaml"])
def test_a_changed_file_is_refused_where_it_is_opened(folder, name):
    assert require_intact(folder / name)
    change(folder / name)
    with pytest.raises(TfpartialError, match=f"{name}: was damaged or changed after its stage was finished"):
        require_intact(folder / name)


def test_a_file_that_nobody_listed_passes(folder, tmp_path):
    (tmp_path / "other.csv").touch()
    assert not require_intact(folder / "deep" / "not_listed.txt")
    assert not require_intact(tmp_path / "other.csv")


def test_a_stage_that_begins_again_has_no_checksums(folder):
    begin(folder, "phantom", PhantomConfig(folder))
    change(folder / "scores.csv")
    assert not require_intact(folder / "scores.csv")


def test_known_checksums_are_not_computed_again(tmp_path):
    (tmp_path / "image.npy").touch()
    write_checksums(tmp_path, known={"image.npy": "known", "gone.npy": "not there"})
    assert read_json(tmp_path / CHECKSUMS, "checksums")["files"] == {"image.npy": "known"}


def test_a_stage_that_is_done_again_with_the_same_result_is_the_same_input(folder, tmp_path):
    config = CompareConfig(tmp_path / "compared", [folder])
    before = input_checksums(config)
    finish(folder, {"cases": 1, "minutes": 7}, below=["deep/*.nii.gz"])
    assert input_checksums(config) == before
    (folder / "scores.csv").write_text("others")
    finish(folder, {"cases": 1}, below=["deep/*.nii.gz"])
    assert input_checksums(config) != before


def test_every_changed_byte_of_the_arrays_in_a_zip_is_seen(tmp_path):
    path = tmp_path / "state.npz"
    np.savez(path, weights=np.arange(5.0))
    require_whole_zip(path, "the state")
    with zipfile.ZipFile(path) as file:
        start = path.read_bytes().index(np.arange(5.0).tobytes())
        assert len(file.namelist()) == 1
    for place in range(start, start + 40):
        change(path, place)
        with pytest.raises(TfpartialError, match=r"state\.npz: expected the state, got a damaged file"):
            require_whole_zip(path, "the state")
        change(path, place)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(TfpartialError, match=r"state\.npz: expected the state, got a damaged file"):
        require_whole_zip(path, "the state")


OTHERWISE = "was damaged or changed after it was written"


@pytest.mark.parametrize(
    ("name", "before", "after", "wrong"),
    [
        ("scores.csv", "scores", "scored", "is not as its checksum says"),
        ("deep/map.nii.gz", "map", "mat", "is not as its checksum says"),
        ("checksums.json", "scores", "scored", OTHERWISE),
        ("done.json", "cases", "cased", OTHERWISE),
        ("provenance.json", "command", "comment", OTHERWISE),
    ],
)
def test_verify_names_every_damaged_file_below_a_folder(folder, tmp_path, name, before, after, wrong):
    assert verify.run(VerifyConfig(tmp_path)) == {"folder": str(tmp_path), "files": 6, "damaged": 0}
    (folder / name).write_text((folder / name).read_text().replace(before, after, 1))
    with pytest.raises(InputProblems, match=r"1 of \d files are damaged or gone") as caught:
        verify.run(VerifyConfig(tmp_path))
    ((file, problem),) = (row.values() for row in caught.value.rows)
    assert file == str(folder / name)
    assert wrong in problem


def test_verify_names_a_file_that_is_gone(folder, tmp_path):
    (folder / "scores.csv").unlink()
    with pytest.raises(TfpartialError) as caught:
        verify.run(VerifyConfig(tmp_path))
    assert caught.value.rows == [{"file": str(folder / "scores.csv"), "problem": "is gone"}]


def test_verify_refuses_a_folder_without_any_checksum(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(TfpartialError, match="no file here has a checksum; expected the folder of a run, a sweep or a stage"):
        verify.run(VerifyConfig(tmp_path))
    with pytest.raises(TfpartialError, match="no such folder"):
        verify.run(VerifyConfig(tmp_path / "gone"))
