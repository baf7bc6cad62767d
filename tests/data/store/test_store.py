import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tfpartial.artifacts import read_json, sha256, write_json
from tfpartial.data.store.store import Store
from tfpartial.errors import TfpartialError
from tfpartial.integrity import checks_below, problem


def test_knows_the_cases_without_opening_them(store):
    assert list(store.cases) == ["a", "b", "c"]
    assert store.organs.names == ("liver", "spleen")
    assert (store.size, store.channels, store.spacing_mm) == ((8, 10), 1, None)
    assert store.cases["b"].annotated == ("liver",)
    assert store.cases["a"].slices == 5
    assert store.cases["a"].spacing_mm_zyx == (3.0, 2.0, 2.0)
    assert store.cases["a"].native.size_xyz == (7, 6, 5)


def test_counts_voxels_per_slice_and_organ(store):
    np.testing.assert_array_equal(store.voxels("a"), [[0, 0], [4, 0], [0, 6], [1, 1], [1, 1]])
    np.testing.assert_array_equal(store.voxels("c"), np.zeros((3, 2)))


def test_sums_the_histograms_of_the_cases(store):
    histogram = store.hu_histogram(["a", "c"])
    assert histogram.sum() == 5 * 6 * 7 + 3 * 7 * 6
    assert histogram[1024 + 0] == 1  # HU 0 occurs once in a, and padding (-1024 HU) does not count
    assert histogram[0] == 0


def test_gives_the_same_labels_after_more_cases_than_it_keeps_open(store, monkeypatch):
    monkeypatch.setattr("tfpartial.data.store.store.OPEN_FILES", 1)
    crowded = Store.open(store.root)
    first = crowded.label("a")
    assert crowded.label("b")[1].sum() == 4
    assert first[1].sum() == 4  # still open, though the store has let go of it


def test_says_that_an_interrupted_store_is_to_be_prepared_again(store):
    (store.root / "store.json").unlink()
    with pytest.raises(TfpartialError, match=r"has not finished this store \(3 cases are done\); run it again"):
        Store.open(store.root)


def test_says_that_there_is_no_store(tmp_path):
    with pytest.raises(TfpartialError, match="no store here; expected a folder that `prepare` wrote"):
        Store.open(tmp_path)


def test_refuses_another_format(store):
    path = store.root / "store.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    with pytest.raises(TfpartialError, match="expected the store in format 2, got 99"):
        Store.open(store.root)


def test_names_a_case_folder_that_is_gone(store):
    shutil.rmtree(store.root / "cases" / "b")
    with pytest.raises(TfpartialError, match=r"the folder of case b is gone"):
        Store.open(store.root)


def test_names_an_unknown_case_and_a_layer_that_is_gone(store):
    with pytest.raises(TfpartialError, match="no case 'x' among its 3"):
        store.image("x")
    (store.root / "cases" / "a" / "label-0.h5").unlink()
    with pytest.raises(TfpartialError, match=r"label-0\.h5: is gone; remove the folder of the case"):
        store.label("a")


@pytest.mark.parametrize("name", ["image.npy", "label-0.h5", "hu_histogram.npy"])
def test_verify_names_the_file_that_changed(store, name):
    store.verify()
    path = store.root / "cases" / "b" / name
    flip_last_byte(path)
    with pytest.raises(TfpartialError, match=rf"1 files are damaged or gone: .*b/{name}; remove"):
        Store.open(store.root).verify()


def test_quick_verify_sees_a_shortened_image_but_does_not_read_it(store):
    path = store.root / "cases" / "b" / "image.npy"
    flip_last_byte(path)
    Store.open(store.root).verify(images=False)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(TfpartialError, match=r"b/image\.npy"):
        Store.open(store.root).verify(images=False)


def test_a_damaged_label_layer_is_named_when_it_is_read(store):
    path = store.root / "cases" / "a" / "label-0.h5"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(TfpartialError, match=r"a/label-0\.h5: is damaged: it is not as its checksum says"):
        store.label("a")


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("image.npy", lambda store: store.image("b")),
        ("image.npy", lambda store: store.slices("b", 0, 1)),
        ("label-0.h5", lambda store: store.label("b")),
        ("label-0.h5", lambda store: store.voxels("b")),
        ("hu_histogram.npy", lambda store: store.hu_histogram(["a", "b"])),
    ],
)
@pytest.mark.parametrize("release", ["this", "older"])
def test_a_changed_bit_is_named_by_whoever_reads_the_file_first(store, name, read, release):
    if release == "older":  # with another checksum of the image
        path = store.root / "store.json"
        content = read_json(path, "store")
        for case_id, case in content["cases"].items():
            del case["crc32"]
            case["sha256"]["image.npy"] = sha256(store.file(case_id, "image.npy"))
        write_json(path, content)
    read(Store.open(store.root))
    flip_last_byte(store.root / "cases" / "b" / name)
    with pytest.raises(TfpartialError, match=rf"b/{name}: is damaged: it is not as its checksum says"):
        read(Store.open(store.root))


def test_a_changed_word_of_the_index_is_named(store):
    path = store.root / "store.json"
    path.write_text(path.read_text().replace("spleen", "spleeN", 1))
    with pytest.raises(TfpartialError, match=r"store\.json: the store was damaged or changed after it was written"):
        Store.open(store.root)


def test_the_data_side_works_without_tensorflow():
    modules = ("parallel", "data.store.store", "data.store.prepare", "data.feed.batch_stream", "data.feed.batch", "data.hu")
    lines = [f"import tfpartial.{module}" for module in modules] + ["import sys", "sys.exit('tensorflow' in sys.modules)"]
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", "\n".join(lines)], cwd=root, check=False).returncode == 0


def flip_last_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["image.npy", "label-0.h5", "hu_histogram.npy"])
def test_a_changed_bit_is_named_by_the_check_of_all_files_below_a_folder(store, name):
    files = checks_below(store.root).files
    assert {check.path.name for check in files} >= {"image.npy", "label-0.h5", "hu_histogram.npy", "store.json"}
    assert [problem(check) for check in files] == [None] * len(files)
    flip_last_byte(store.file("b", name))
    found = {check.path: problem(check) for check in files}
    assert [path for path, wrong in found.items() if wrong] == [store.file("b", name)]
    assert found[store.file("b", name)] == "is not as its checksum says"
