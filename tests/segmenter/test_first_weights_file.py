"""A network's file of first weights is needed where a training begins, and nowhere else."""

import dataclasses

import pytest

from tfpartial.config import NetworkConfig, TrainConfig
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable
from tfpartial.segmenter.card import NetworkSpec, SegmenterCard, build_network, write_card
from tfpartial.training.check import check
from tfpartial.training.first_weights import continued_card

OPTIONS = {"width": 2, "weights": "/no/such/resnet18.npz"}
SPEC = NetworkSpec("unet_resnet18", 2, (32, 32, 1), OPTIONS)
CARD = SegmenterCard(OrganTable(("a", "b")), ("CT",), "certain", "sigmoid", (32, 32), None, (-1.0, 1.0), 0.0, 1.0, SPEC)


def test_a_trained_network_is_built_again_without_it():
    assert build_network(CARD).name == "unet_resnet18"
    with pytest.raises(TfpartialError, match=r"weights: /no/such/resnet18\.npz: no such file"):
        build_network(CARD, first_weights=True)


def test_a_fine_tuning_may_name_another_file_but_no_other_network(tmp_path):
    write_card(CARD, tmp_path)
    without = dataclasses.replace(CARD, network=dataclasses.replace(SPEC, options={"width": 2}))
    assert continued_card(without, tmp_path) == without
    wider = dataclasses.replace(CARD, network=dataclasses.replace(SPEC, options={"width": 4}))
    with pytest.raises(TfpartialError, match=r"was trained with network .*'width': 2"):
        continued_card(wider, tmp_path)


def test_the_options_of_a_brought_network_are_its_own():
    spec = NetworkSpec("ours:network", 2, (32, 32, 1), OPTIONS)
    assert spec.without_first_weights == spec


def test_a_run_is_refused_before_its_first_stage(tmp_path):
    config = TrainConfig(tmp_path, tmp_path, tmp_path, network=NetworkConfig("unet_resnet18", OPTIONS))
    with pytest.raises(
        TfpartialError, match=r"network\.options\.weights: /no/such/resnet18\.npz: no such file; expected an encoder"
    ):
        check(config)
    check(dataclasses.replace(config, model=tmp_path))
