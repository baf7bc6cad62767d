"""The stage: tables, arrays and pictures of a trained and of an untrained network."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from tfpartial import models
from tfpartial.config import InspectConfig, NetworkConfig
from tfpartial.data.store.store import Store
from tfpartial.errors import TfpartialError
from tfpartial.evaluate import inspection
from tfpartial.segmenter.card import NetworkSpec, SegmenterCard, write_card


@pytest.fixture(scope="module")
def model(tiny_run, tmp_path_factory):
    """A segmenter with attention for the slices of the store."""
    store, options = Store.open(tiny_run.store), {"width": 2, "heads": 2}
    folder, shape, organs = tmp_path_factory.mktemp("attending"), (*store.size, 1), len(store.organs)
    models.build("u_transformer", organs, shape, **options).save(folder / "last.keras")
    spec = NetworkSpec("u_transformer", organs, shape, options)
    card = SegmenterCard(store.organs, store.channel_names, "certain", "sigmoid", store.size, None, (-160, 300), 0.0, 90.0, spec)
    write_card(card, folder)
    return folder


def test_an_untrained_network_sees_random_numbers(tmp_path):
    config = InspectConfig(tmp_path, network=NetworkConfig("unet", {"width": 2}), size=(32, 48), logits=3, count=2)
    summary = inspection.run(config)
    assert [(row["layer"], row["rows"], row["columns"]) for row in summary["receptive fields"]] == [
        ("bottleneck", 140, 140),
        ("logits", 204, 220),
    ]
    assert (summary["seen"], summary["slices"], summary["voxel"]) == ("random numbers", None, (16, 24))
    assert summary["parameters"] == models.build("unet", 3, (32, 48, 1), width=2).count_params()
    assert "attention" not in summary
    names = {"inspection.json", "fields.csv", "layers.csv", "fields.npz", "fields.png", "config.yaml", "done.json"}
    assert names <= {path.name for path in tmp_path.iterdir()}
    assert not (tmp_path / "attention.npz").exists()
    with (tmp_path / "layers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(int(row["multiply_adds"]) for row in rows) == summary["multiply_adds"] == summary["flops"] // 2
    assert (rows[0]["layer"], rows[0]["kind"], rows[0]["shape"]) == ("encoder_1_conv_1", "Conv2D", "32x48x2")
    with np.load(tmp_path / "fields.npz") as arrays:
        assert {name: array.shape for name, array in arrays.items()} == {"bottleneck": (32, 48), "logits": (32, 48)}


def test_a_trained_network_sees_slices_of_a_case(model, tiny_run, tmp_path):
    case = next(iter(Store.open(tiny_run.store).cases))
    config = InspectConfig(
        tmp_path,
        model,
        store=tiny_run.store,
        case=case,
        slices=[3, 7],
        layers=["self_attention_grid"],
        voxel=(5, 20),
        heads="each",
    )
    summary = inspection.run(config)
    assert (summary["seen"], summary["slices"]) == (case, [3, 7])
    (row,) = summary["receptive fields"]
    assert (row["whole_slice"], row["rows"], row["columns"]) == (True, 32, 32)
    found = json.loads((tmp_path / "inspection.json").read_text())
    assert next(one["layer"] for one in found["attention"]) == "self_attention_heads"
    with np.load(tmp_path / "attention.npz") as arrays:
        scores = arrays["cross_attention_1_heads"]
        assert scores.shape == (2, 2, 16, 16)
        np.testing.assert_allclose(scores.sum(axis=(2, 3)), 1.0, rtol=1e-4)
    with Image.open(tmp_path / "attention.png") as each:
        assert each.width > 4 * 360, "the slice and three of ten maps beside it"


def test_a_volume_file_gives_the_same_as_the_store(model, tiny_run, tmp_path):
    """The phantom's slices have the network's size: what `prepare` stored is what the file has."""
    case = next(iter(Store.open(tiny_run.store).cases))
    image = next((tiny_run.dataset / "imagesTr").glob(f"{case}_0000*"))
    maps = []
    for name, where in (("store", {"store": tiny_run.store}), ("image", {"image": [image]})):
        inspection.run(InspectConfig(tmp_path / name, model, slices=[4], layers=["bottleneck"], **where))
        with np.load(tmp_path / name / "fields.npz") as arrays:
            maps.append(arrays["bottleneck"])
    np.testing.assert_array_equal(*maps)
    assert np.ptp(maps[0]) > 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"case": "c"}, "case: expected the store that holds it, store, got none"),
        ({"store": "store", "image": ["x.nii"]}, "inspect: expected either store or image, got both"),
        ({"image": ["x.nii"]}, "inspect: expected model, the trained segmenter that sees the slices, got none"),
        ({"slices": [3]}, "slices: expected a volume to take them from, store or image, got none"),
        ({"count": 0}, "count: expected 1 or more, got 0"),
    ],
)
def test_options_that_do_not_go_together_are_refused(changes, message, tmp_path):
    with pytest.raises(TfpartialError, match=f"^{message}$"):
        InspectConfig(tmp_path, **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": NetworkConfig("vnet")}, "network 'vnet' does not exist; expected one of unet"),
        ({"layers": ["neck"]}, "network 'unet': expected a layer of its own with features .*, got 'neck'"),
        ({"voxel": (16, 0)}, r"voxel: expected a row and column on the slice of 16x16, got \(16, 0\)"),
    ],
)
def test_what_is_not_there_is_named_and_leaves_no_file(changes, message, tmp_path):
    options = {"network": NetworkConfig("unet", {"width": 1}), "size": (16, 16), "count": 1} | changes
    with pytest.raises(TfpartialError, match=message):
        inspection.run(InspectConfig(tmp_path / "out", **options))
    assert not (tmp_path / "out").exists()


def test_a_case_or_slice_that_is_not_there_is_named(model, tiny_run, tmp_path):
    case = next(iter(Store.open(tiny_run.store).cases))
    with pytest.raises(TfpartialError, match="no case 'nobody'; expected one such as 'phantom_"):
        inspection.run(InspectConfig(tmp_path, model, store=tiny_run.store, case="nobody"))
    with pytest.raises(TfpartialError, match=f"slices: expected numbers from 1 to [0-9]+, the slices of '{case}', got 0"):
        inspection.run(InspectConfig(tmp_path, model, store=tiny_run.store, case=case, slices=[0]))
