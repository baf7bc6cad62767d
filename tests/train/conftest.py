"""A segmenter for the stages that take one."""

import keras
import pytest

from tfpartial import models
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
