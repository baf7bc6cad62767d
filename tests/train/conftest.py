"""A segmenter for the stages that take one, and trainings of two steps."""

import keras
import pytest

from tfpartial import cli, models
from tfpartial.data.store.store import Store
from tfpartial.segmenter.card import NetworkSpec, SegmenterCard, write_card


@pytest.fixture(scope="module")
def model(tiny_run, tmp_path_factory):
    """An untrained segmenter: it predicts a lot, and mostly wrong."""
    store = Store.open(tiny_run.store)
    keras.utils.set_random_seed(3)
    shape, organs = (*store.size, 1), len(store.organs)
    network = models.build("unet", organs, shape, width=2)
    folder = tmp_path_factory.mktemp("model")
    network.save(folder / "last.keras")
    spec = NetworkSpec("unet", organs, shape, {"width": 2})
    write_card(
        SegmenterCard(
            store.organs, store.channel_names, "certain", "sigmoid", store.size, None, (-160.0, 300.0), 0.0, 100.0, spec
        ),
        folder,
    )
    return folder


@pytest.fixture
def train(tiny_run, tmp_path, capsys):
    """Two steps through the command line with these words; exit status and what was printed as an error."""

    def run(*words):
        paths = ["--store", tiny_run.store, "--splits", tiny_run.splits, "--annotations", tiny_run.annotations]
        steps = ["--epochs", 1, "--steps_per_epoch", 2, "--batch", 2, "--network.options.width", 2, "--out", tmp_path / "model"]
        status = cli.main(["train", *map(str, [*paths, *steps, *words]), "--json"])
        return status, capsys.readouterr().err

    return run
