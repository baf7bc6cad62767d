"""The confidence stage from its configuration to its folder, killed and resumed."""

import csv
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

from tfpartial.artifacts import read_json, sha256
from tfpartial.confidence import ConfidentPredictor
from tfpartial.confidence.card import read_card as read_confidence_card
from tfpartial.config import ConfidenceConfig, EstimatorConfig, NetworkConfig, TrainConfig
from tfpartial.data.fold.split import read_fold
from tfpartial.data.store.store import Store
from tfpartial.errors import TfpartialError
from tfpartial.segmenter.card import read_card, write_card
from tfpartial.segmenter.seen_cases import read_seen_cases, write_seen_cases
from tfpartial.train import confidence, segmenter

EPOCHS = 6


@pytest.fixture(scope="module")
def model(tiny_run, tmp_path_factory):
    """A segmenter after one step."""
    folder = tmp_path_factory.mktemp("run") / "certain"
    options = {"network": NetworkConfig(options={"width": 2}), "batch": 4, "epochs": 1, "steps_per_epoch": 1}
    segmenter.run(TrainConfig(tiny_run.store, tiny_run.splits, folder, annotations=tiny_run.annotations, **options))
    return folder


def config(tiny_run, model, out, **options):
    options = {"filters": [3], "batch": 4, "epochs": 1, "steps_per_epoch": 1} | options
    return ConfidenceConfig(tiny_run.store, tiny_run.splits, model, out, annotations=tiny_run.annotations, **options)


def command(tiny_run, model, out):
    paths = ["--store", tiny_run.store, "--splits", tiny_run.splits, "--annotations", tiny_run.annotations]
    folders = ["--model", model, "--out", out]
    options = ["--filters", "[4,3]", "--batch", 4, "--epochs", EPOCHS, "--steps_per_epoch", 3, "--learning_rate", 1e-2]
    return [sys.executable, "-m", "tfpartial", "confidence", *map(str, (*paths, *folders, *options))]


def losses(folder):
    with (folder / "metrics.csv").open(newline="") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def finished(tiny_run, model, tmp_path_factory):
    """A training that was never interrupted, in a process of its own as a user starts it."""
    folder = tmp_path_factory.mktemp("run") / "confidence"
    subprocess.run(command(tiny_run, model, folder), check=True, capture_output=True)
    return folder


@pytest.mark.slow
def test_leaves_a_network_that_the_predictor_takes_and_the_segmenter_as_it_was(tiny_run, model, finished):
    names = {path.name for path in finished.iterdir()}
    assert {"confidence.keras", "confidence.json", "config.yaml", "provenance.json", "metrics.csv", "done.json"} <= names
    card = read_json(finished / "confidence.json", "card")
    assert card == {
        "mode": "finetune",
        "filters": [4, 3],
        "balance": "none",
        "start": "random",
        "loss": "tcp",
        "segmenter_sha256": sha256(model / "last.keras"),
        "out_of_fold_sha256": [],
    }
    provenance = json.loads((finished / "provenance.json").read_text())
    assert provenance["inputs"][str(model / "last.keras")] == card["segmenter_sha256"], "the checkpoint is as it was before"
    store = Store.open(tiny_run.store)
    hu = np.asarray(store.image(next(iter(store.cases)))[:3])
    predictor = ConfidentPredictor.load(model, "last", "learned", finished, EstimatorConfig(), batch=2)
    organ, sureness = predictor.predict(hu, np.ones(len(store.organs), bool))
    assert organ.shape == (3, 32, 32) and sureness.max() <= 1
    assert losses(finished)[-1] < losses(finished)[0]


@pytest.mark.slow
def test_a_killed_training_goes_on_to_the_same_weights_bit_for_bit(tiny_run, model, finished, tmp_path):
    folder = tmp_path / "killed"
    process = subprocess.Popen(command(tiny_run, model, folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while not (folder / "metrics.csv").is_file() or len(losses(folder)) < 2:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (folder / "done.json").exists(), "the training came to its end before it was killed"
    subprocess.run(command(tiny_run, model, folder), check=True, capture_output=True)
    with np.load(folder / "state.npz") as resumed, np.load(finished / "state.npz") as straight:
        assert resumed.files == straight.files
        for name in straight.files:
            if name != "progress":  # it holds the seconds
                np.testing.assert_array_equal(resumed[name], straight[name], err_msg=name)
    weights = [keras.saving.load_model(path / "confidence.keras").get_weights() for path in (folder, finished)]
    for resumed_weight, straight_weight in zip(*weights, strict=True):
        np.testing.assert_array_equal(resumed_weight, straight_weight)


@pytest.mark.slow
def test_a_finished_training_is_not_done_again_and_keeps_its_configuration(tiny_run, model, tmp_path):
    folder = tmp_path / "confidence"
    first = confidence.run(config(tiny_run, model, folder, mode="transfer", balance="predicted", deterministic=False))
    before = (folder / "confidence.keras").stat().st_mtime_ns
    assert confidence.run(config(tiny_run, model, folder, mode="transfer", balance="predicted", deterministic=False)) == first
    assert (folder / "confidence.keras").stat().st_mtime_ns == before
    assert (first["mode"], first["balance"], first["epochs"]) == ("transfer", "predicted", 1)
    with pytest.raises(TfpartialError, match=r"was begun with another configuration \(.*balance: predicted -> none.*\)"):
        confidence.run(config(tiny_run, model, folder, mode="transfer", deterministic=False))


@pytest.mark.slow
def test_learns_of_each_case_from_a_segmenter_that_has_not_seen_it(tiny_run, model, tmp_path):
    train = sorted(read_fold(tiny_run.splits, 0).train)
    assert sorted(read_seen_cases(model).learned) == train
    with pytest.raises(TfpartialError, match=r"segmenters: expected one that has not seen case .*; all 1 have"):
        confidence.run(config(tiny_run, model, tmp_path / "seen", segmenters=[model]))
    others = [tmp_path / name for name in ("one", "two")]
    for number, other in enumerate(others):
        shutil.copytree(model, other)
        write_seen_cases(other, train[number::2], [])
    folder = tmp_path / "confidence"
    summary = confidence.run(config(tiny_run, model, folder, segmenters=others, loss="correct", deterministic=False))
    assert (summary["loss"], summary["segmenters out of fold"]) == ("correct", 2)
    assert read_confidence_card(folder).out_of_fold_sha256 == (sha256(model / "last.keras"),) * 2
    (folder / "done.json").unlink()  # as if killed after its last epoch
    (others[1] / "last.keras").write_bytes((others[1] / "best.keras").read_bytes() + b"x")
    with pytest.raises(TfpartialError, match=r"begun with other inputs \(last\.keras changed since\)"):
        confidence.run(config(tiny_run, model, folder, segmenters=others, loss="correct", deterministic=False))


@pytest.mark.slow
def test_does_not_go_on_with_another_segmenter(tiny_run, model, tmp_path):
    folder = tmp_path / "confidence"
    confidence.run(config(tiny_run, model, folder, deterministic=False))
    (folder / "done.json").unlink()  # as if killed after its last epoch
    card = read_json(folder / "confidence.json", "content")
    (folder / "confidence.json").write_text(json.dumps(card | {"segmenter_sha256": "0" * 64}))
    with pytest.raises(TfpartialError, match="this confidence network belongs to another segmenter than"):
        confidence.run(config(tiny_run, model, folder, deterministic=False))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "naive_softmax", "activation": "softmax"}, "needs a segmenter that ends in one sigmoid per organ"),
        ({"size": (64, 64)}, r"expected size \(64, 64\) as the segmenter of .*, got \(32, 32\)"),
    ],
)
def test_refuses_a_segmenter_with_a_softmax_or_of_other_slices(tiny_run, model, tmp_path, change, message):
    other = tmp_path / "other"
    other.mkdir()
    (other / "last.keras").write_bytes((model / "last.keras").read_bytes())
    write_card(dataclasses.replace(read_card(model), **change), other)
    with pytest.raises(TfpartialError, match=message):
        confidence.run(config(tiny_run, other, tmp_path / "out"))


def test_names_a_folder_without_a_segmenter(tiny_run, tmp_path):
    with pytest.raises(TfpartialError, match=r"segmenter\.json: no such file; expected the card of a trained segmenter"):
        confidence.run(config(tiny_run, tmp_path, tmp_path / "out"))


@pytest.mark.slow
def test_the_draws_that_were_asked_for_are_made_and_counted(tiny_run, model, tmp_path):
    options = {"sampling": "organs", "empty_share": 0.0, "organ_share": 1.0, "steps_per_epoch": 6, "deterministic": False}
    confidence.run(config(tiny_run, model, tmp_path, **options))
    with (tmp_path / "metrics.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    organs = read_card(model).organs.names
    assert not any(int(row[f"drawn_empty_{organ}"]) for organ in organs)
    assert min(int(row[f"drawn_with_{organ}"]) for organ in organs) >= 24 // len(organs)
