"""Numbers that are none end a training, and are never kept."""

import keras
import numpy as np
import pytest
from keras import ops

from tfpartial import cli
from tfpartial.errors import TfpartialError
from tfpartial.losses import TERMS, Term
from tfpartial.segmenter.network import infinite_layers, load_network
from tfpartial.training.finite import StopWhenNotFinite
from tfpartial.training.objective import WeightedTerm


def broken(network):
    weights = network.get_weights()
    weights[0][..., 0] = np.nan
    network.set_weights(weights)
    return network


class Overflows(Term):
    """A term that is 1, whose weight the test lets overflow."""

    def __call__(self, inputs):
        return ops.mean(inputs.logits[1]) * 0.0 + 1.0


@pytest.mark.slow
def test_a_training_that_runs_away_stops_with_one_line_and_keeps_what_was_finite(tiny_run, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "model"
    monkeypatch.setitem(TERMS, "overflows", Overflows)
    # From the fourth step on every weight is infinite.
    monkeypatch.setattr(WeightedTerm, "factor", lambda self, step: ops.where(step < 3, self.weight, np.float32(np.inf)))
    paths = ["--store", tiny_run.store, "--splits", tiny_run.splits, "--annotations", tiny_run.annotations, "--out", folder]
    words = [*paths, "--network.options.width", 2, "--batch", 2, "--epochs", 3, "--steps-per-epoch", 2, "--validate-every", 1]
    assert cli.main(["train", *map(str, words), "--loss.terms.overflows.weight", "1", "--precision", "float32", "--json"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("tfpartial train: step 4: loss is inf, at learning rate ")
    assert {"state.npz", "best.keras"} <= {path.name for path in folder.iterdir()}
    assert not (folder / "last.keras").exists() and not (folder / "done.json").exists()
    assert infinite_layers(load_network(folder, "best")) == []
    with np.load(folder / "state.npz") as state:
        assert state["progress"][0] == 1
        assert all(np.isfinite(state[name]).all() for name in state.files if name != "progress")


def test_weights_that_are_not_finite_are_found_at_the_end_of_an_epoch():
    inputs = keras.Input((2,))
    trainer = keras.Model(inputs, keras.layers.Dense(1, name="last")(inputs))
    trainer.network = broken(trainer)
    trainer.compile(optimizer=keras.optimizers.SGD(0.5))
    callback = StopWhenNotFinite()
    callback.set_model(trainer)
    with pytest.raises(TfpartialError, match=r"step 0: the weights of layer last are not finite, at learning rate 0\.5; "):
        callback.on_epoch_end(0, {"loss": 1.0})


def test_a_network_with_nan_is_refused_wherever_it_is_read(threshold_segmenter):
    network = broken(load_network(threshold_segmenter, "last"))
    assert infinite_layers(network) == [network.layers[1].name]
    network.save(threshold_segmenter / "last.keras")
    with pytest.raises(TfpartialError, match=r"last\.keras: expected finite weights, got NaN or infinity in layer conv2d"):
        load_network(threshold_segmenter, "last")
