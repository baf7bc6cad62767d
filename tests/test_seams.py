"""A network, a loss term, an entry of the batch and a trainer each come in by one registration, and go all the way."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from tests.models.outside import forget, outside  # noqa: F401  a fixture
from tfpartial import cli
from tfpartial.data.feed.batch import ENTRIES, Entry
from tfpartial.losses import TERMS, Term
from tfpartial.models import FEATURES, LOGITS, NETWORKS
from tfpartial.segmenter.card import read_card
from tfpartial.train import segmenter
from tfpartial.training import TRAINERS, PartialSegmenter
from tfpartial.training.checkpoint import load_state

LEFT = "on_the_left"


def two_layers(num_logits, input_shape=(32, 32, 1), depth: int = 1):
    """A dummy network.

    Args:
        num_logits: logits per voxel.
        input_shape: `(H, W, C)`.
        depth: number of its hidden layers.
    """
    inputs = x = keras.Input(input_shape, name="slice")
    for number in range(depth):
        x = keras.layers.Conv2D(3, 3, padding="same", activation="relu", name=f"hidden_{number}")(x)
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name=FEATURES)(x)
    return keras.Model(inputs, keras.layers.Conv2D(num_logits, 1, dtype="float32", name=LOGITS)(x), name="two_layers")


def on_the_left(reader, case, z):
    """A dummy entry: 1 on the left half of a slice, whatever the case."""
    height, width = reader.store.size
    return np.broadcast_to(np.arange(width) < width // 2, (len(z), height, width)).astype(np.uint8)


class LeftHalf(Term):
    """A dummy term: the mean probability of all organs where the dummy entry is 1.

    Args:
        activation: `sigmoid` or `softmax`.
        power: exponent.
    """

    needs = (LEFT,)

    def __init__(self, activation, power: float = 1.0):
        super().__init__(activation)
        self.power = power

    def __call__(self, inputs):
        where = ops.cast(inputs.batch[LEFT], "float32")[..., None]
        assert where.shape[1:3] == inputs.image.shape[1:3] and inputs.spacing_mm.shape[1] == 3
        return ops.mean(where * ops.sigmoid(inputs.logits[1]) ** self.power)


class CountsSteps(PartialSegmenter):
    """A dummy trainer that counts its steps by a number of its own.

    Args:
        by: what a step counts.
    """

    def __init__(self, *common, by: int = 1, **more):
        super().__init__(*common, **more)
        self.by = by
        self.count = keras.Variable(0, dtype="int32", trainable=False, name="count")

    @property
    def state_variables(self):
        return [self.count]

    def after_step(self, batch):
        self.count.assign_add(self.by)


@pytest.fixture
def train(tiny_run, tmp_path, capsys):
    """Trains through the command line, an epoch of two steps at a time; gives exit status and what was printed."""

    def run(*words, epochs=1):
        paths = ["--store", tiny_run.store, "--splits", tiny_run.splits, "--annotations", tiny_run.annotations]
        steps = ["--epochs", epochs, "--steps_per_epoch", 2, "--batch", 2, "--validate_every", 9, "--precision", "float32"]
        status = cli.main(["train", *map(str, [*paths, "--out", tmp_path / "model", *steps, *words]), "--json"])
        return status, capsys.readouterr()

    return run


class Interrupted(keras.callbacks.Callback):
    """Ends a training before its second epoch, as Ctrl-C would."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


@pytest.fixture
def train_and_resume(train, tmp_path, monkeypatch):
    """Two epochs of two steps, interrupted after the first one; the same command goes on from its state."""

    def run(*words):
        with monkeypatch.context() as patch:
            patch.setattr(segmenter, "StepBar", Interrupted)
            assert train(*words, epochs=2)[0] == cli.INTERRUPTED
        assert not (tmp_path / "model" / "done.json").exists()
        first = (tmp_path / "model" / "metrics.csv").read_text()
        status, printed = train(*words, epochs=2)
        assert status == 0, printed.err
        both = (tmp_path / "model" / "metrics.csv").read_text()
        assert both.startswith(first) and len(both.splitlines()) == 3, "the first epoch was not done again"

    return run


def predict_and_export(tiny_run, folder):
    served = folder.with_name("served")
    assert cli.main(["export", "--model", str(folder), "--out", str(served), "--json"]) == 0
    predicted = folder.with_name("predicted")
    words = ["--model", folder, "--manifest", tiny_run.manifest, "--splits", tiny_run.splits, "--out", predicted, "--json"]
    assert cli.main(["predict", *map(str, words)]) == 0
    assert list(predicted.glob("*.nii.gz"))
    return tf.saved_model.load(str(served / "1")).signatures["serving_default"]


@pytest.mark.slow
def test_a_network(train, train_and_resume, tiny_run, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(NETWORKS, "two_layers", two_layers)
    asked = ("--network.name", "two_layers", "--network.options.depth")
    train_and_resume(*asked, "2")
    assert read_card(tmp_path / "model").network.options == {"depth": 2}
    assert {"hidden_0", "hidden_1"} <= {layer.name for layer in keras.saving.load_model(tmp_path / "model" / "last.keras").layers}
    signature = predict_and_export(tiny_run, tmp_path / "model")
    assert signature(hu=tf.zeros((1, 32, 32, 1), tf.int16))["labels"].shape == (1, 32, 32)
    status, printed = train(*asked, "two")
    assert (status, printed.err) == (1, "tfpartial train: network.options.depth: expected int, got 'two'\n")
    assert cli.main(["info", "--networks"]) == 0
    assert "number of its hidden layers" in capsys.readouterr().out


@pytest.mark.slow
def test_a_network_that_a_user_brings(train, train_and_resume, tiny_run, tmp_path, outside):  # noqa: F811
    asked = ("--network.name", f"{outside}:segmenter", "--network.options.filters")
    train_and_resume(*asked, "3")
    assert read_card(tmp_path / "model").network.name == "outside_tfpartial:segmenter"
    forget()
    signature = predict_and_export(tiny_run, tmp_path / "model")
    assert signature(hu=tf.zeros((1, 32, 32, 1), tf.int16))["labels"].shape == (1, 32, 32)
    store = ["--store", tiny_run.store, "--splits", tiny_run.splits, "--annotations", tiny_run.annotations]
    model = ["--model", tmp_path / "model", "--epochs", 1, "--steps_per_epoch", 1, "--batch", 2, "--filters", "[2]"]
    assert cli.main(["confidence", *map(str, [*store, *model, "--out", tmp_path / "confidence"]), "--json"]) == 0
    forget()
    relabel = [*store, "--model", tmp_path / "model", "--estimator", "learned", "--confidence", tmp_path / "confidence"]
    assert cli.main(["relabel", *map(str, [*relabel, "--out", tmp_path / "labels"]), "--json"]) == 0
    status, printed = train(*asked, "many")
    assert (status, printed.err) == (1, "tfpartial train: network.options.filters: expected int, got 'many'\n")


@pytest.mark.slow
def test_a_batch_entry_and_a_loss_term_that_reads_it(train, train_and_resume, tiny_run, tmp_path, monkeypatch):
    monkeypatch.setitem(TERMS, "left_half", LeftHalf)
    asked = ("--network.options.width=2", "--loss.terms.left_half.power=2", "--loss.terms.left_half.ramp=[1, 3]")
    status, printed = train(*asked)
    have = "image, label, annotated, spacing_mm, prior"
    expected = f"tfpartial train: loss.terms.left_half: 'left_half' needs {LEFT}; a batch can have {have}\n"
    assert (status, printed.err) == (1, expected)
    monkeypatch.setitem(ENTRIES, LEFT, Entry("uint8", ("H", "W"), on_the_left, moved="nearest"))
    train_and_resume(*asked)
    assert train(*asked, epochs=3)[0] == 1, "another number of epochs is another training"
    header, row, _ = (tmp_path / "model" / "metrics.csv").read_text().splitlines()
    value = dict(zip(header.split(","), row.split(","), strict=True))
    assert 0 < float(value["left_half"]) < 1
    assert float(value["loss"]) - float(value["bce"]) < float(value["left_half"]), "the weight has not risen to 1 yet"
    predict_and_export(tiny_run, tmp_path / "model")


@pytest.mark.slow
def test_a_trainer_with_a_state_of_its_own(train, tiny_run, tmp_path, monkeypatch):
    monkeypatch.setitem(TRAINERS, "counting", CountsSteps)
    asked = ("--network.options.width", "2", "--trainer.name", "counting", "--trainer.options.by", "3")
    counts = []
    after = CountsSteps.after_step

    def killed_in_the_second_epoch(self, batch):
        after(self, batch)
        tf.debugging.assert_less(self.count, 9, "killed")

    monkeypatch.setattr(CountsSteps, "after_step", killed_in_the_second_epoch)
    assert train(*asked, epochs=2)[0] == cli.FAULT
    monkeypatch.setattr(CountsSteps, "after_step", after)
    original = load_state

    def watched(path, trainer):
        progress = original(path, trainer)
        counts.append((progress.epochs, int(trainer.count)))
        return progress

    monkeypatch.setattr("tfpartial.training.loop.load_state", watched)
    assert train(*asked, epochs=2)[0] == 0
    assert counts == [(1, 6)], "it went on after the first epoch of two steps, each counted as 3"
    with np.load(tmp_path / "model" / "state.npz") as state:
        last = max(int(name.removeprefix("variable_")) for name in state.files if name != "progress")
        assert state[f"variable_{last}"] == 12
    assert json.loads((tmp_path / "model" / "done.json").read_text())["epochs"] == 2
    predict_and_export(tiny_run, tmp_path / "model")


def test_a_name_that_is_not_in_its_table_is_one_line(train):
    for option, name, message in (
        ("network.name", "vnet", "network.name: 'vnet' does not exist; expected one of unet"),
        ("trainer.name", "magic", "trainer.name: 'magic' does not exist; expected one of supervised"),
        ("loss.terms.hope.weight", "1", "loss.terms: 'hope' does not exist; expected one of bce, dice"),
        (
            "loss.terms.dice.organ",
            "all",
            "terms.dice: no option organ; expected some of weight, ramp, organs, slices, form, smooth",
        ),
        ("rule", "any_or_outside_box", "rule: 'any_or_outside_box' needs outside_box; a batch can have image, label"),
        ("trainer.options.x", "1", "trainer.options: no option x; it has none"),
        ("network.options.width", "", "network.options.width: expected int, 1 or more, got none"),
        ("loss.terms.bce.weight", ".nan", "loss.terms.bce.weight: expected a finite number, got nan"),
        ("network", "unet", "--network: expected one of its options, such as --network.name, got 'unet'"),
        ("network.options", "5", "train.network.options: expected options, such as {NAME: VALUE}, got 5"),
        ("loss.terms", "nonsense", "train.loss.terms: expected options, such as {NAME: VALUE}, got 'nonsense'"),
    ):
        status, printed = train(f"--{option}", name)
        assert (status, len(printed.err.splitlines())) == (1, 1)
        assert message in printed.err
