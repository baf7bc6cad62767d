"""An MR in 0..1 on its way from the files into the store: every digit that counts arrives."""

import dataclasses
import json

import numpy as np
import pytest
import SimpleITK as sitk

from tfpartial import cli
from tfpartial.config import SourceConfig
from tfpartial.data.hu import window_statistics
from tfpartial.data.ingest.number_maps import map_warnings
from tfpartial.data.ingest.verify import accept, verify_dataset
from tfpartial.data.ingest.write_nnunet import finish_nnunet, write_cases
from tfpartial.data.layouts import read_source
from tfpartial.data.manifest import read_manifest, write_manifest
from tfpartial.data.number_map import NumberMap, to_numbers
from tfpartial.data.store.prepare import finish_store, prepare_cases
from tfpartial.data.store.store import Store
from tfpartial.data.survey.case_statistics import case_statistics
from tfpartial.data.survey.fingerprint import fingerprint
from tfpartial.data.volumes.volume import read_volume
from tfpartial.errors import TfpartialError

SIZE = (8, 10)
UNIT = NumberMap(2**-14, 2**-4)


def unit_numbers(seed):
    """float32 in 0..1, both ends among them."""
    numbers = np.random.default_rng(seed).random((4, 5, 6), np.float32)
    numbers[0, 0, :2] = 0, 1
    return numbers


@pytest.fixture
def unit_dataset(tiny_dataset):
    tiny_dataset.describe(channel_names={"0": "MR"})
    for seed, case in enumerate("abc"):
        tiny_dataset.write(tiny_dataset.image(case), unit_numbers(seed))
    return tiny_dataset


def reports_of(data):
    dataset = read_source(SourceConfig(data.root))
    return dataset, list(verify_dataset(dataset, 0.1, workers=1))


def manifest_of(data):
    return accept(*reports_of(data), 0.1)


def store_of(manifest, out):
    list(prepare_cases(manifest, out, SIZE, workers=1))
    finish_store(manifest, out, SIZE)
    return Store.open(out)


def test_fractions_are_stored_in_fine_steps(unit_dataset, tmp_path):
    manifest = manifest_of(unit_dataset)
    assert manifest.number_maps == (UNIT,)
    store = store_of(manifest, tmp_path / "store")
    assert store.number_maps == (UNIT,)
    numbers = to_numbers(np.array(store.image("a")), store.number_maps)[..., 0]
    np.testing.assert_allclose(numbers[:, 1:6, 2:8], unit_numbers(0), rtol=0, atol=2**-15)
    assert (numbers[:, 0] == 0).all(), "padded with the least number"
    np.testing.assert_array_equal(store.numbers("a", 2), numbers[2])
    record = json.loads((store.root / "cases/a/case.json").read_text())
    assert {"step": "scale", "to": "int16", "slope": UNIT.slope, "intercept": UNIT.intercept} in record["history"]


def test_the_statistics_are_of_the_numbers(unit_dataset, tmp_path):
    manifest = manifest_of(unit_dataset)
    store = store_of(manifest, tmp_path / "store")
    clipped = np.clip([unit_numbers(seed) for seed in range(3)], 0.2, 0.7)
    found = window_statistics(store.hu_histogram("abc"), (0.2, 0.7), store.number_maps[0])
    assert found == pytest.approx((clipped.mean(), clipped.std()), abs=1e-5)
    organs = unit_numbers(0)[unit_dataset.organs(1, 2) > 0]
    case = case_statistics(manifest.cases["a"], manifest)
    assert case.organs[0].hu_mean == pytest.approx(unit_numbers(0)[unit_dataset.organs(1) > 0].mean(), abs=1e-4)
    intensity = fingerprint(manifest, [case])["foreground_intensity"]["MR"]
    assert intensity["mean"] == pytest.approx(organs.mean(), abs=1e-4)
    assert intensity["sd"] == pytest.approx(organs.std(), abs=1e-4)
    assert intensity["max"] == pytest.approx(organs.max(), abs=1e-4)


def test_the_box_of_what_is_not_0_is_that_of_the_numbers(unit_dataset):
    numbers = np.zeros((4, 5, 6), np.float32)
    numbers[1:3, 2:4, 3] = 0.25, 1
    for case in "abc":
        unit_dataset.write(unit_dataset.image(case), numbers)
    manifest = manifest_of(unit_dataset)
    assert case_statistics(manifest.cases["a"], manifest).nonzero_shape_zyx == (2, 2, 1)


def test_a_manifest_with_maps_comes_back_and_one_of_hu_says_nothing_of_them(unit_dataset, tmp_path):
    manifest = manifest_of(unit_dataset)
    write_manifest(manifest, tmp_path / "manifest.json")
    assert read_manifest(tmp_path / "manifest.json") == manifest
    content = json.loads((tmp_path / "manifest.json").read_text())
    content["number_maps"] *= 2
    del content["checksum"]
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(TfpartialError, match="number_maps: expected none or 1, one per channel"):
        read_manifest(tmp_path / "manifest.json")


def test_hu_are_stored_as_they_are(tiny_dataset, tmp_path):
    tiny_dataset.write(tiny_dataset.image("b"), tiny_dataset.hu(1).astype(np.float32))
    manifest = manifest_of(tiny_dataset)
    store = store_of(manifest, tmp_path / "store")
    assert (manifest.number_maps, store.number_maps) == ((), ())
    assert "number_maps" not in json.loads((store.root / "store.json").read_text())
    np.testing.assert_array_equal(store.image("b")[:, 1:6, 2:8, 0], tiny_dataset.hu(1))
    assert store.numbers("b", 0).dtype == np.int16


def test_a_manifest_that_knows_of_no_scale_is_refused(unit_dataset, tmp_path):
    older = dataclasses.replace(manifest_of(unit_dataset), number_maps=())
    with pytest.raises(TfpartialError, match=r"case a: .*a_0000.nii.gz: its numbers, 0..1, are fractions .* run `ingest` again"):
        store_of(older, tmp_path / "store")
    assert not (tmp_path / "store/cases/a").exists()


@pytest.mark.parametrize("scaled_first", [True, False])
def test_a_store_does_not_mix_scales(unit_dataset, tmp_path, scaled_first):
    scaled = manifest_of(unit_dataset)
    other = dataclasses.replace(scaled, number_maps=())
    list(prepare_cases(scaled, tmp_path, SIZE, workers=1))
    if not scaled_first:
        scaled, other = other, dataclasses.replace(scaled, number_maps=(NumberMap(0.5, 0.0),))
    with pytest.raises(TfpartialError, match=r"was prepared with number_maps \[.*, now (None|\[.*) is asked for"):
        next(prepare_cases(other, tmp_path, SIZE, workers=1))


def test_a_scale_and_what_it_cannot_hold_are_said(unit_dataset):
    unit_dataset.write(unit_dataset.image("c"), unit_numbers(2) * 100)
    dataset, reports = reports_of(unit_dataset)
    maps = accept(dataset, reports, 0.1).number_maps
    found = map_warnings(maps, sorted(reports, key=lambda report: report.case.id), dataset.channel_names)
    assert [(warning.case, warning.kind) for warning in found] == [
        *(("a", "scaled"), ("a", "coarse"), ("b", "scaled"), ("b", "coarse"), ("c", "scaled"))
    ]
    assert "channel 'MR': the numbers are fractions" in found[0].message
    assert "steps of 0.0061" in found[0].message
    assert "expected cases of one scale" in found[1].message


def test_ingest_says_it(unit_dataset, tmp_path, capsys):
    command = ["ingest", "--dataset", str(unit_dataset.root), "--out", str(tmp_path / "m.json"), "--workers", "1", "--json"]
    assert cli.main(command) == 0
    (row,) = json.loads(capsys.readouterr().out)["warnings"]
    assert (row["kind"], row["cases"], row["first"]) == ("scaled", 3, "a")


def test_numbers_below_a_half_are_no_empty_volume(unit_dataset):
    for case in "abc":
        unit_dataset.write(unit_dataset.image(case), unit_numbers(0) * np.float32(0.4))
    assert manifest_of(unit_dataset).number_maps[0].slope == pytest.approx(0.4 / 2**14)


def test_whole_volumes_and_written_data_sets_have_the_numbers(unit_dataset, tmp_path):
    manifest = manifest_of(unit_dataset)
    case = manifest.cases["a"]
    doubled = dataclasses.replace(case, images=(dataclasses.replace(case.images[0], rescale=(2.0, 0.0)),))
    manifest = dataclasses.replace(manifest, cases={"a": doubled})
    np.testing.assert_array_equal(read_volume(doubled.images).array[..., 0], 2 * unit_numbers(0))
    list(write_cases(manifest, tmp_path / "out", workers=1))
    finish_nnunet(manifest, tmp_path / "out")
    written = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "out/imagesTr/a_0000.nii.gz")))
    np.testing.assert_array_equal(written, 2 * unit_numbers(0))
