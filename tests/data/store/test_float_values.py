"""A store of floats: the numbers themselves."""

import dataclasses
import json

import numpy as np
import pytest

from tfpartial import cli
from tfpartial.config import SourceConfig
from tfpartial.data.feed.batch import read_batch
from tfpartial.data.feed.slices import SliceReader
from tfpartial.data.hu import window_statistics
from tfpartial.data.ingest.verify import accept, verify_dataset
from tfpartial.data.layouts import read_source
from tfpartial.data.manifest import write_manifest
from tfpartial.data.number_map import (
    NumberMap,
    dtype_of,
    map_of,
    padding_numbers,
    stored_padding,
    to_numbers,
    with_values,
)
from tfpartial.data.store.prepare import finish_store, prepare_cases
from tfpartial.data.store.store import Store
from tfpartial.errors import TfpartialError

SIZE = (8, 10)
INSIDE = np.s_[:, 1:6, 2:8, 0]
"""Where a slice of 5 × 6 voxels lies in one of 8 × 10."""


def unit_numbers(seed):
    """float32 in 0..1, both ends among them."""
    numbers = np.random.default_rng(seed).random((4, 5, 6), np.float32)
    numbers[0, 0, :2] = 0, 1
    return numbers


def manifest_of(data, channel="MR", numbers=None):
    data.describe(channel_names={"0": channel})
    for seed, case in enumerate("abc"):
        data.write(data.image(case), unit_numbers(seed) if numbers is None else numbers)
    dataset = read_source(SourceConfig(data.root))
    return accept(dataset, list(verify_dataset(dataset, 0.1, workers=1)), 0.1)


def store_of(manifest, out, values, **options):
    maps = with_values(manifest.number_maps, values, 1)
    manifest = dataclasses.replace(manifest, number_maps=maps)
    list(prepare_cases(manifest, out, SIZE, workers=1, **options))
    finish_store(manifest, out, SIZE, **options)
    return Store.open(out)


@pytest.mark.parametrize("values", ["float32", "float16"])
def test_the_numbers_themselves_are_stored(tiny_dataset, tmp_path, values):
    store = store_of(manifest_of(tiny_dataset), tmp_path / "store", values)
    assert store.dtype == store.image("a").dtype == np.dtype(values)
    np.testing.assert_array_equal(store.image("a")[INSIDE], unit_numbers(0).astype(values))
    assert (store.image("a")[:, 0] == 0).all(), "padded with the least number"
    np.testing.assert_array_equal(store.numbers("a", 2), store.image("a")[2, ..., 0].astype(np.float32))
    assert store.numbers("a", 2).dtype == np.float32
    store.verify()
    history = json.loads((store.root / "cases/a/case.json").read_text())["history"]
    rounded = [step for step in history if step["step"] in ("round", "scale")]
    assert [step["to"] for step in rounded] == ([] if values == "float32" else ["float16"])
    clipped = np.clip([unit_numbers(seed).astype(values) for seed in range(3)], 0.2, 0.7).astype(float)
    found = window_statistics(store.hu_histogram("abc"), (0.2, 0.7), map_of(store.number_maps, 0))
    assert found == pytest.approx((clipped.mean(), clipped.std()), abs=1e-4)


def test_hu_as_floats_are_padded_with_air(tiny_dataset, tmp_path):
    hu = np.random.default_rng(0).integers(-1000, 1000, (4, 5, 6)).astype(np.float32) + np.float32(0.25)
    store = store_of(manifest_of(tiny_dataset, "CT", hu), tmp_path / "store", "float32")
    np.testing.assert_array_equal(store.image("b")[INSIDE], hu)
    assert (store.image("b")[:, 0] == -1024).all()
    assert store.hu_histogram("b").sum() == hu.size


def test_slices_that_are_resampled_keep_their_fractions(tiny_dataset, tmp_path):
    numbers = np.broadcast_to(np.linspace(0, 1, 6, dtype=np.float32), (4, 5, 6)).copy()
    store = store_of(manifest_of(tiny_dataset, numbers=numbers), tmp_path / "store", "float32", spacing_mm=(1.5, 0.75))
    row = store.image("a")[0, 4, :, 0]
    np.testing.assert_allclose(np.diff(row), 0.1, atol=1e-6)


def test_batches_have_the_type_of_the_store(tiny_dataset, tmp_path):
    store = store_of(manifest_of(tiny_dataset), tmp_path / "store", "float16")
    batch = read_batch(SliceReader(store, ["a"], {"a": ["liver"]}), np.zeros(2, np.int32), np.array([1, 3], np.int32))
    assert batch["image"].dtype == np.float16
    np.testing.assert_array_equal(batch["image"][INSIDE], unit_numbers(0)[[1, 3]].astype(np.float16))


@pytest.mark.parametrize(
    ("numbers", "values", "message"),
    [
        (np.array([0, 1e5]), "float16", r"its numbers, 0..100000, are more than float16 holds; prepare them with other values"),
        (
            np.array([1000, 1001]),
            "float16",
            r"its numbers, 1000..1001.25, lose more than 1/1000 of their range: float16 is off by up to 0.25; prepare them",
        ),
        (
            np.array([1e7, 1e7 + 3]),
            "float32",
            r"its numbers, 1e.07..1e.07, lose more than 1/1000 of their range: float32 is off by up to 0.25; prepare them",
        ),
    ],
)
def test_numbers_that_do_not_fit_are_refused(tiny_dataset, tmp_path, numbers, values, message):
    volume = np.full((4, 5, 6), numbers[0], np.float64)
    volume[1:] = numbers[1]
    volume[2, 2, 2] += 0 if numbers[1] == 1e5 else 0.25
    manifest = manifest_of(tiny_dataset, numbers=volume)
    with pytest.raises(TfpartialError, match=r"^case [abc]: .*a_0000.nii.gz: " + message):
        store_of(dataclasses.replace(manifest, cases={"a": manifest.cases["a"]}), tmp_path / "store", values)
    assert not (tmp_path / "store/cases/a").exists()


def test_a_store_does_not_mix_types(tiny_dataset, tmp_path):
    manifest = manifest_of(tiny_dataset)
    store_of(manifest, tmp_path, "float32")
    with pytest.raises(TfpartialError, match=r"was prepared with number_maps .*'float32'.*, now .* is asked for"):
        store_of(manifest, tmp_path, "int16")


def test_a_shard_of_another_type_is_refused(tiny_dataset, tmp_path):
    store = store_of(manifest_of(tiny_dataset), tmp_path, "float32")
    np.save(store.file("a", "image.npy"), np.asarray(store.image("a")).astype(np.int16))
    with pytest.raises(TfpartialError, match=r"image.npy: expected float32 \(4, 8, 10, 1\), got int16"):
        Store.open(tmp_path).image("a")


def test_the_command_says_the_type(tiny_dataset, tmp_path):
    write_manifest(manifest_of(tiny_dataset), tmp_path / "manifest.json")
    arguments = ["prepare", "--manifest", str(tmp_path / "manifest.json"), "--out", str(tmp_path / "store"), "--size", "[8, 10]"]
    assert cli.main([*arguments, "--values", "float16", "--workers", "1"]) == 0
    assert Store.open(tmp_path / "store").dtype == np.float16


UNIT = NumberMap(2**-14, 2**-4)


def test_maps_of_floats():
    floats = with_values((UNIT,), "float32", 1)
    assert with_values((UNIT,), "int16", 1) == (UNIT,) and with_values((), "float16", 2) == (NumberMap(values="float16"),) * 2
    assert (dtype_of(()), dtype_of((UNIT,)), dtype_of(floats)) == (np.int16, np.int16, np.float32)
    assert to_numbers(np.array([0.5]), floats) == 0.5
    assert (padding_numbers(()), stored_padding((UNIT,)), stored_padding(floats)) == (-1024, -1024, 0)
    assert padding_numbers((UNIT,)) == padding_numbers(floats) == 0
    assert UNIT.row() == {"slope": 2**-14, "intercept": 2**-4}
    assert floats[0].row() == {**UNIT.row(), "values": "float32"}
