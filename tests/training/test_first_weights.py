"""What a fine-tuning takes from the segmenter that it goes on from."""

import dataclasses

import pytest

from tfpartial.config import NetworkConfig, TrainConfig
from tfpartial.data.fold.training_cases import read_training_cases
from tfpartial.data.number_map import NumberMap
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable
from tfpartial.segmenter.card import NetworkSpec, SegmenterCard, build_network, read_card, write_card
from tfpartial.training import fit as module
from tfpartial.training.first_weights import continued_card

FIRST = SegmenterCard(
    organs=OrganTable(("liver", "spleen")),
    channel_names=("CT",),
    method="certain",
    activation="sigmoid",
    size=(32, 32),
    spacing_mm=None,
    window_hu=(-160.0, 300.0),
    mean=12.5,
    sd=77.0,
    network=NetworkSpec("unet", 2, (32, 32, 1), {"width": 2}),
)


def test_hu_are_normalised_as_those_that_the_weights_have_seen(tmp_path):
    write_card(FIRST, tmp_path)
    own = dataclasses.replace(FIRST, mean=-3.0, sd=120.0, method="naive", rule="naive")
    assert continued_card(own, tmp_path) == dataclasses.replace(own, mean=12.5, sd=77.0)
    floats = dataclasses.replace(own, number_maps=(NumberMap(values="float32"),))
    assert continued_card(floats, tmp_path) == dataclasses.replace(floats, mean=12.5, sd=77.0)  # of the same numbers


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"window_hu": (-200.0, 300.0)}, r"was trained with window_hu \(-160.0, 300.0\); expected that of this training"),
        ({"organs": OrganTable(("liver",))}, "was trained with organs"),
    ],
)
def test_another_window_or_organ_table_is_refused(tmp_path, change, message):
    write_card(FIRST, tmp_path)
    with pytest.raises(TfpartialError, match=message):
        continued_card(dataclasses.replace(FIRST, **change), tmp_path)


class Stopped(Exception):
    """Raised where the training would begin."""


def test_a_fine_tuning_normalises_as_its_first_model_and_says_so(tiny_run, tmp_path, monkeypatch):
    cases = read_training_cases(tiny_run.store, tiny_run.splits, 0, tiny_run.annotations)
    store, model = cases.store, tmp_path / "first"
    model.mkdir()
    spec = NetworkSpec("unet", len(store.organs), (*store.size, 1), {"width": 2})
    card = dataclasses.replace(FIRST, organs=store.organs, channel_names=store.channel_names, size=store.size, network=spec)
    write_card(dataclasses.replace(card, spacing_mm=store.spacing_mm), model)
    build_network(card).save(model / "last.keras")
    given = {}

    def stop(trainer, **options):
        given.update(options)
        raise Stopped

    monkeypatch.setattr(module, "build_trainer", stop)
    (tmp_path / "tuned").mkdir()
    network = NetworkConfig(options={"width": 2})
    config = TrainConfig(
        tiny_run.store, tiny_run.splits, tmp_path / "tuned", annotations=tiny_run.annotations, model=model, network=network
    )
    with pytest.raises(Stopped):
        module.fit(config, cases)
    assert (given["mean"], given["sd"]) == (12.5, 77.0)
    written = read_card(tmp_path / "tuned")
    assert (written.mean, written.sd) == (12.5, 77.0)
