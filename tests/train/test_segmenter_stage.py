"""The training stage from its configuration to its folder, killed and resumed."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
import yaml

from tfpartial.arguments import build
from tfpartial.artifacts import read_json
from tfpartial.config import LossConfig, NetworkConfig, TrainConfig
from tfpartial.data.feed.pipeline import case_slices
from tfpartial.data.fold.training_cases import read_training_cases
from tfpartial.errors import TfpartialError
from tfpartial.segmenter.card import read_card
from tfpartial.stage_folder import open_stage
from tfpartial.train import segmenter
from tfpartial.training import Objective, PartialSegmenter
from tfpartial.training.callbacks import STATE
from tfpartial.training.checkpoint import load_state
from tfpartial.training.fit import fit
from tfpartial.training.validation import Validator, mean_per_organ

EPOCHS = 6


class StopAfter(keras.callbacks.Callback):
    """Ends a training after an epoch, as Ctrl-C would."""

    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epochs:
            raise KeyboardInterrupt


FAST = {
    "network": NetworkConfig(options={"width": 2}),
    "loss": LossConfig({"bce": {"weight": 1}, "dice": {"weight": 1}}),
    "batch": 4,
    "learning_rate": 1e-2,
}


def config(tiny_run, out, **options):
    options = FAST | {"epochs": EPOCHS, "steps_per_epoch": 3, "validate_every": 2} | options
    return TrainConfig(tiny_run.store, tiny_run.splits, out, annotations=tiny_run.annotations, **options)


def command(tiny_run, out):
    paths = ["--store", tiny_run.store, "--splits", tiny_run.splits, "--annotations", tiny_run.annotations, "--out", out]
    options = ["--network.options.width", 2, "--loss.terms.dice.weight", 1, "--batch", 4, "--learning_rate", 1e-2]
    steps = ["--epochs", EPOCHS, "--steps_per_epoch", 3, "--validate_every", 2]
    return [sys.executable, "-m", "tfpartial", "train", *map(str, (*paths, *options, *steps))]


def rows(folder):
    with (folder / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def numbers(folder):
    """The metrics without the seconds, NaN where nothing was measured."""
    return [[float(value or "nan") for name, value in row.items() if name != "seconds"] for row in rows(folder)]


@pytest.fixture(scope="module")
def finished(tiny_run, tmp_path_factory):
    """A training that was never interrupted, in a process of its own as a user starts it."""
    folder = tmp_path_factory.mktemp("run") / "certain"
    subprocess.run(command(tiny_run, folder), check=True, capture_output=True)
    return folder


@pytest.mark.slow
def test_leaves_the_files_that_the_next_stages_read(finished):
    assert {"best.keras", "last.keras", "config.yaml", "provenance.json", "segmenter.json", "metrics.csv", "done.json"} <= {
        path.name for path in finished.iterdir()
    }
    assert {path.parent.name for path in (finished / "tensorboard").rglob("events*")} == {"train", "validation", "pictures"}
    card = read_card(finished)
    network = keras.saving.load_model(finished / "best.keras", safe_mode=True)
    assert network.output_shape == (None, 32, 32, len(card.organs))
    assert card.window_hu == (-160.0, 300.0) and card.sd > 0


@pytest.mark.slow
def test_validates_every_second_epoch_and_lowers_the_rate(finished):
    table = rows(finished)
    assert [int(row["epoch"]) for row in table] == list(range(1, EPOCHS + 1))
    assert [bool(row["val_dsc"]) for row in table] == [False, True] * (EPOCHS // 2)
    done = np.arange(1, EPOCHS + 1) / EPOCHS
    rates = [float(row["learning_rate"]) for row in table]
    np.testing.assert_allclose(rates, 1e-4 + (1e-2 - 1e-4) * (1 - done) ** 0.9, rtol=1e-4)


@pytest.mark.slow
def test_provenance_names_inputs_versions_and_machine(finished, tiny_run):
    provenance = json.loads((finished / "provenance.json").read_text())
    assert {str(tiny_run.splits), str(tiny_run.annotations), str(tiny_run.store / "store.json")} <= set(provenance["inputs"])
    assert provenance["versions"]["keras"] == keras.__version__
    assert provenance["machine"]["cores"] >= 1
    assert yaml.safe_load((finished / "config.yaml").read_text())["train"]["network"]["options"]["width"] == 2


@pytest.mark.slow
def test_a_killed_training_goes_on_to_the_same_weights_bit_for_bit(finished, tiny_run, tmp_path):
    folder = tmp_path / "killed"
    process = subprocess.Popen(command(tiny_run, folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (folder / "metrics.csv").is_file() or len(rows(folder)) < 2:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (folder / "done.json").exists(), "the training came to its end before it was killed"
    subprocess.run(command(tiny_run, folder), check=True, capture_output=True)
    with np.load(folder / "state.npz") as resumed, np.load(finished / "state.npz") as straight:
        for name in straight.files:
            if name != "progress":  # it holds the seconds
                np.testing.assert_array_equal(resumed[name], straight[name], err_msg=name)
    # The logged loss is a sum over voxels whose order the threads choose: equal to the last digits only.
    np.testing.assert_allclose(numbers(folder), numbers(finished), rtol=1e-5)


@pytest.mark.slow
def test_a_finished_training_is_not_done_again(finished, tiny_run):
    before = (finished / "last.keras").stat().st_mtime_ns
    result = subprocess.run([*command(tiny_run, finished), "--json"], check=True, capture_output=True, text=True)
    assert json.loads(result.stdout)["epochs"] == EPOCHS
    assert (finished / "last.keras").stat().st_mtime_ns == before


@pytest.mark.slow
def test_refuses_another_configuration_in_the_same_folder_and_names_the_difference(finished, tiny_run):
    with pytest.raises(TfpartialError, match=r"was begun with another configuration \(.*batch: 4 -> 8.*\)"):
        segmenter.run(config(tiny_run, finished, batch=8))


def test_refuses_a_folder_with_something_else_in_it(tiny_run, tmp_path):
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(TfpartialError, match="expected an empty folder or one that 'train' began"):
        segmenter.run(config(tiny_run, tmp_path))


def test_refuses_annotations_of_other_cases(tiny_run, tmp_path):
    other = tmp_path / "annotations.json"
    content = read_json(tiny_run.annotations, "content")
    content["folds"][0].popitem()
    other.write_text(json.dumps(content))
    with pytest.raises(TfpartialError, match=r"1 cases are not in .*annotations\.json, first 'phantom_"):
        segmenter.run(TrainConfig(tiny_run.store, tiny_run.splits, tmp_path / "out", annotations=other))


def test_says_what_to_do_when_no_training_case_keeps_an_organ(tiny_run, tmp_path):
    other = tmp_path / "annotations.json"
    content = read_json(tiny_run.annotations, "content")
    for kept in (kept for fold in content["folds"] for kept in fold.values()):
        kept[:] = [organ for organ in kept if organ != "liver"]
    other.write_text(json.dumps(content))
    with pytest.raises(TfpartialError, match="liver annotated in no training case of fold 0; raise alpha"):
        segmenter.run(TrainConfig(tiny_run.store, tiny_run.splits, tmp_path / "out", annotations=other))


def other_arrays(path):
    np.savez(path, weights=np.zeros(1))


def half_of_a_file(path):
    np.savez(path, progress=np.zeros(3), variable_0=np.arange(1000))
    path.write_bytes(path.read_bytes()[:500])


def changed_bytes(path):
    np.savez_compressed(path, progress=np.zeros(3), variable_0=np.arange(1000))
    content = bytearray(path.read_bytes())
    content[200:700] = bytes(500)
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage", [lambda path: path.write_bytes(b"PK half a file"), half_of_a_file, changed_bytes, other_arrays, lambda path: None]
)
def test_names_a_damaged_state_file(tmp_path, damage):
    damage(tmp_path / "state.npz")
    with pytest.raises(TfpartialError, match=r"state\.npz: expected the state of a training, got a damaged file"):
        load_state(tmp_path / "state.npz", trainer=None)


@pytest.mark.slow
def test_what_is_validated_is_the_average_that_is_kept(tiny_run, tmp_path):
    """Curves, `best` and `last` speak of the same network; the state goes on from the weights of the last step."""
    folder = tmp_path / "averaged"
    segmenter.run(config(tiny_run, folder, epochs=3, validate_every=1, ema=0.9))
    network = keras.saving.load_model(folder / "last.keras", safe_mode=True)
    with np.load(folder / "state.npz") as state:
        stepped = [state[f"variable_{number}"] for number in range(len(network.variables))]
    assert not any(np.array_equal(variable, last) for variable, last in zip(network.variables, stepped, strict=True))
    cases = read_training_cases(tiny_run.store, tiny_run.splits, 0, tiny_run.annotations)
    card = read_card(folder)
    kept = PartialSegmenter(network, Objective("certain", len(card.organs), FAST["loss"]), card.window_hu, card.mean, card.sd)
    slices = case_slices(cases.store, cases.val, cases.annotated, 4)
    scores = mean_per_organ(Validator(kept, "sigmoid", slices, cases.annotated_vectors(cases.val)).dsc())
    logged = [float(rows(folder)[-1][f"val_dsc_{organ}"] or "nan") for organ in card.organs.names]
    np.testing.assert_allclose(scores, logged, atol=1e-4)


@pytest.mark.slow
def test_without_an_average_the_last_network_is_that_of_the_last_step(tiny_run, tmp_path):
    segmenter.run(config(tiny_run, tmp_path, epochs=1, deterministic=False))
    network = keras.saving.load_model(tmp_path / "last.keras", safe_mode=True)
    with np.load(tmp_path / "state.npz") as state:
        for number, variable in enumerate(network.variables):
            np.testing.assert_array_equal(variable, state[f"variable_{number}"])


AVERAGED = {"ema": 0.9, "learning_rate": 1e-2}
AS_NNUNET = {"recipe": "nnunet", "network": {"name": "nnunet"}, "ema": 0.9}


@pytest.mark.slow
@pytest.mark.parametrize("asked", [AVERAGED, AS_NNUNET], ids=["averaged", "as nnU-Net"])
def test_a_stopped_training_resumes_to_the_same_average(tiny_run, tmp_path, asked):
    """With its optimiser, and with the heads of coarser scales, which the kept network does not have."""
    steps = {"batch": 4, "epochs": 2, "steps_per_epoch": 3, "validate_every": 2}
    options = {**steps, **asked, "network": {"options": {"width": 2}, **asked.get("network", {})}}
    paths = {name: str(getattr(tiny_run, name)) for name in ("store", "splits", "annotations")}
    for folder, stops in ((tmp_path / "straight", [2]), (tmp_path / "resumed", [1, 2])):
        for epochs in stops:
            built = build("train", TrainConfig, {**paths, "out": str(folder), **options})
            if epochs == 1:
                open_stage(folder, "train", built, STATE)
                with pytest.raises(KeyboardInterrupt):
                    fit(built, read_training_cases(tiny_run.store, tiny_run.splits, 0, tiny_run.annotations), [StopAfter(1)])
            else:
                segmenter.run(built)
    for name in ("straight", "resumed"):
        assert (tmp_path / name / "done.json").is_file()
    networks = [keras.saving.load_model(tmp_path / name / "last.keras", safe_mode=True) for name in ("straight", "resumed")]
    assert len(networks[0].outputs) == 1
    for one, other in zip(*(network.get_weights() for network in networks), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_the_draws_that_were_asked_for_are_made_and_counted(tiny_run, tmp_path):
    """By organs without empty slices: each organ is in more of the draws than by slices, and no draw is empty."""
    counts = {}
    for sampling, share in (("slices", None), ("organs", 0.0)):
        options = {"sampling": sampling, "empty_share": share, "organ_share": 1.0, "deterministic": False}
        segmenter.run(config(tiny_run, tmp_path / sampling, epochs=2, steps_per_epoch=6, **options))
        *_, last = rows(tmp_path / sampling)
        assert (last["steps"], last["slices"]) == ("12", "48")
        counts[sampling] = {name: int(value) for name, value in last.items() if name.startswith("drawn_")}
    organs = read_card(tmp_path / "organs").organs.names
    assert not any(counts["organs"][f"drawn_empty_{organ}"] for organ in organs)
    assert any(counts["slices"][f"drawn_empty_{organ}"] for organ in organs)
    least = {sampling: min(of[f"drawn_with_{organ}"] for organ in organs) for sampling, of in counts.items()}
    assert least["organs"] >= 24 // len(organs) > least["slices"]
