"""Damage by chance: the outcome is the right voxels or one line of what is wrong, and nothing else, anywhere."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from tfpartial import cli
from tfpartial.artifacts import read_json
from tfpartial.data.files import ImageFile, LabelFile
from tfpartial.data.geometry import Geometry
from tfpartial.data.label_maps.reading import read_labels
from tfpartial.data.problem import FileError
from tfpartial.data.volumes.slabs import SlabReader
from tfpartial.labels import OrganTable

VOLUMES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
ORGANS = OrganTable(("liver",))
GRID = Geometry((6, 5, 4), (1.5, 1.5, 3.0), (10.0, -20.0, 30.0))
quick = settings(max_examples=40, derandomize=True)
changes = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4)
"""Where, as a share of the bytes that may change, and the new byte."""


@pytest.fixture(autouse=True)
def nothing_on_the_terminal(capfd):
    yield
    assert capfd.readouterr() == ("", "")


def damage(content: bytes, spots: list[tuple[float, int]], stop: int | None = None) -> bytes:
    damaged = bytearray(content)
    for share, byte in spots:
        damaged[int(share * len(content[:stop]))] = byte
    return bytes(damaged)


def voxels_or_error(path: Path) -> np.ndarray | None:
    """HU `[Z, Y, X]`; None when the file was refused in one line."""
    before = sorted(path.parent.iterdir())
    try:
        reader = SlabReader([ImageFile(path)])
        voxels = np.concatenate([slab[..., 0] for _, slab in reader.slabs(3)])
    except FileError as error:
        assert "\n" not in str(error)
        return None
    finally:
        assert sorted(path.parent.iterdir()) == before
    assert voxels.shape == reader.shape_zyx
    return voxels


def codes_or_error(path: Path, keys: tuple[int | str, ...]) -> np.ndarray | None:
    try:
        return read_labels([LabelFile(path, {"liver": keys})], GRID, ORGANS, (), 0.1).codes
    except FileError as error:
        assert "\n" not in str(error)
        return None


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("damage")


@pytest.fixture(scope="module", params=[(ending, packed) for ending in VOLUMES for packed in (False, True)], ids=str)
def stored(request, make_source, folder) -> tuple[Path, bytes, int | None]:
    """A volume file, its bytes, and the length of its header where the voxels in it are not packed."""
    ending, packed = request.param
    path = folder / f"{packed}{ending}"
    make_source.files.write_volume(path, make_source.files.hu(), packed=packed)
    content = path.read_bytes()
    detached = ending in (".nhdr", ".mhd")
    return path, content, None if detached or packed or ending == ".nii.gz" else len(content) - 240


@given(spots=changes)
@quick
def test_a_damaged_header_is_read_or_refused(stored, spots):
    path, content, header = stored
    path.write_bytes(damage(content, spots, header))
    voxels_or_error(path)


@given(share=st.floats(0, 1, exclude_max=True))
@quick
def test_a_file_that_ends_early_is_refused(stored, share):
    path, content, _ = stored
    path.write_bytes(content[: int(share * len(content))])
    voxels = voxels_or_error(path)
    if path.suffix in (".nhdr", ".mhd"):  # only the end of the last line may be missing
        assert voxels is None or share * len(content) >= len(content) - 2
    else:
        assert voxels is None


@given(spots=changes)
@quick
@pytest.mark.parametrize("ending", [".nii.gz", ".nrrd", ".mha"])
def test_damage_of_packed_voxels_is_noticed(make_source, folder, ending, spots):
    path = folder / f"packed{ending}"
    make_source.files.write_volume(path, make_source.files.hu(), packed=True)
    content = path.read_bytes()
    start = len(content) - 150  # in the stream, whose checksum and length come last
    path.write_bytes(content[:start] + damage(content[start:], spots))
    voxels = voxels_or_error(path)
    assert voxels is None or np.array_equal(voxels, make_source.files.hu())


@given(
    ending=st.sampled_from(VOLUMES),
    axes=st.permutations(("LR", "AP", "IS")),
    sides=st.tuples(*[st.integers(0, 1)] * 3),
    dtype=st.sampled_from([np.int16, np.int32, np.float32, np.float64]),
    packed=st.booleans(),
)
@quick
def test_neither_orientation_nor_type_nor_packing_changes_the_content(make_source, folder, ending, axes, sides, dtype, packed):
    orientation = "".join(letters[side] for letters, side in zip(axes, sides, strict=True))
    hu = make_source.files.hu()
    path = folder / f"turned{ending}"
    make_source.files.write_volume(path, hu.astype(dtype), packed=packed, orientation=orientation)
    np.testing.assert_array_equal(voxels_or_error(path), hu)
    label = make_source.files.box(dtype=dtype)
    make_source.files.write_volume(path, label, packed=packed, orientation=orientation)
    np.testing.assert_array_equal(codes_or_error(path, (1,)), label)
    assert sitk.ReadImage(str(path)).GetSize() == tuple(GRID.size_xyz["RLAPIS".index(letter) // 2] for letter in orientation)


@given(share=st.floats(0, 1), spots=changes, cut=st.booleans())
@quick
@pytest.mark.parametrize("name", ["a.seg.nrrd", "seg.dcm", "rt.dcm", "a.png", "a.nii.gz"])
def test_a_damaged_label_is_read_or_refused(make_source, folder, name, share, spots, cut):
    path, content, keys = good_label(make_source, folder, name)
    path.write_bytes(content[: int(share * len(content))] if cut else damage(content, spots))
    codes = codes_or_error(path, keys)
    assert codes is None or (codes.shape == GRID.shape_zyx and set(np.unique(codes)) <= {0, 1})


def good_label(make_source: type, folder: Path, name: str) -> tuple[Path, bytes, tuple[int | str, ...]]:
    """A label file of the liver, made once, its bytes, and the key of the liver."""
    files, path, kept = make_source.files, folder / name, folder / f"good-{name}"
    if not kept.exists():
        series = files.write_series(folder / "series", files.hu()) if name == "seg.dcm" else folder
        make: dict[str, Callable[[], object]] = {
            "a.seg.nrrd": lambda: files.write_segmented_nrrd(path, files.box()),
            "seg.dcm": lambda: files.write_dicom_seg(path, series, {"liver": files.box()}),
            "rt.dcm": lambda: files.write_rtstruct(path, {"liver": (1, 1, 3, 2, 4)}),
            "a.png": lambda: files.write_picture(path, files.box()[1]),
            "a.nii.gz": lambda: files.write_volume(path, files.box()),
        }
        make[name]()
        path.rename(kept)
    return path, kept.read_bytes(), (1,) if name in ("a.png", "a.nii.gz") else ("liver",)


@given(share=st.floats(0, 1), spots=changes, cut=st.booleans())
@quick
def test_a_damaged_slice_is_read_or_refused(make_source, folder, share, spots, cut):
    series = folder / "slices"
    good = make_source.files.write_series(series, make_source.files.hu()) / "01.dcm"
    content = good.read_bytes()
    good.write_bytes(content[: int(share * len(content))] if cut else damage(content, spots))
    voxels_or_error(series)


NUMBERS, TEXTS, REST = (
    (-1, 0, 7, 1.5, 1e300),
    ("", "a", "..", "../x", "/etc/passwd", "a\nb"),
    (None, True, [], {}, ["a"], {"a": 1}),
)
anything = st.sampled_from([*NUMBERS, *TEXTS, *REST])


def places(value: Any, at: tuple = ()) -> list[tuple]:
    """The ways to all values inside of a JSON value."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [way for key in keys for way in ((*at, key), *places(value[key], (*at, key)))]


def changed(value: Any, data: st.DataObject) -> Any:
    """A copy of a JSON value in which one or two places have something else, or nothing."""
    value = json.loads(json.dumps(value))
    for _ in range(data.draw(st.integers(1, 2), label="changes")):
        *way, last = data.draw(st.sampled_from(places(value)), label="place")
        inner = value
        for key in way:
            inner = inner[key]
        if data.draw(st.booleans(), label="remove"):
            del inner[last]
        else:
            inner[last] = json.loads(json.dumps(data.draw(anything, label="value")))  # of its own, not twice the same list
        if not places(value):
            break
    return value


def run_quietly(*words: object) -> int:
    """The exit status of a command, which says in one line what is wrong, if anything is."""
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        status = cli.main([str(word) for word in (*words, "--workers", 1, "--json")])
    assert status in (0, 1), errors.getvalue()
    assert errors.getvalue().count("\n") == status, errors.getvalue()
    return status


@given(data=st.data())
@settings(quick, max_examples=50)
@pytest.mark.parametrize("form", ["dataset.json", "msd"])
def test_a_changed_description_is_used_or_refused(make_source, folder, form, data):
    root = folder / form.replace(".", "-")
    if not root.exists():
        source = make_source(root, form)
        if form == "dataset.json":
            source.describe(annotated={"a": ["liver"]}, source={"a": "x"}, patient={"a": "p"}, datasets={"x": {"annotated": []}})
    path, good, out = root / "dataset.json", folder / f"{form}-good.json", folder / f"{form}-out"
    if not good.exists():
        shutil.copy(path, good)
    path.write_text(json.dumps(changed(json.loads(good.read_text()), data)))
    out.mkdir(exist_ok=True)
    status = run_quietly("ingest", "--dataset", root, "--out", out / "manifest.json")
    assert [file.name for file in out.iterdir()] == ["manifest.json"] * (status == 0)
    shutil.rmtree(out)


@given(data=st.data())
@settings(quick, max_examples=60)
def test_a_changed_manifest_is_used_or_refused(make_source, folder, data):
    root, good = folder / "ingested", folder / "good-manifest.json"
    if not root.exists():
        make_source(root, "dataset.json")
        run_quietly("ingest", "--dataset", root, "--out", good)
    path, out = folder / "manifest.json", folder / "store"
    path.write_text(json.dumps(changed(read_json(good, "content"), data)))
    status = run_quietly("prepare", "--manifest", path, "--out", out, "--size", 8, 8)
    if status:  # a store without its index is none, and what is begun is taken up by the next run
        assert not (out / "store.json").exists()
        assert not list(out.rglob(".unfinished-*"))
    shutil.rmtree(out, ignore_errors=True)
