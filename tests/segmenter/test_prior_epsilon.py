"""The network clips to the least probability of its prior: one setting, kept in the card."""

import dataclasses
import json

import pytest

from tfpartial.artifacts import read_json
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable
from tfpartial.segmenter.card import FILE_NAME, NetworkSpec, SegmenterCard, build_network, read_card, write_card
from tfpartial.training.first_weights import continued_card


def card(where="activation", epsilon=0.02):
    network = NetworkSpec("unet", 2, (16, 16, 1), {"width": 2})
    settings = {"method": "certain", "activation": "sigmoid", "size": (16, 16), "spacing_mm": None, "window_hu": (-160.0, 300.0)}
    organs = OrganTable(("liver", "spleen"))
    return SegmenterCard(organs, ("CT",), **settings, mean=0.0, sd=1.0, network=network, prior=where, prior_epsilon=epsilon)


@pytest.mark.parametrize(("where", "layer"), [("activation", "prior_driven_logits"), ("input", "prior_log_odds")])
def test_the_network_of_a_card_clips_to_the_epsilon_of_its_prior(tmp_path, where, layer):
    write_card(card(where), tmp_path)
    assert build_network(read_card(tmp_path)).get_layer(layer).epsilon == 0.02


def test_cards_of_older_releases_keep_what_their_networks_were_built_with(tmp_path):
    write_card(card(), tmp_path)
    content = read_json(tmp_path / FILE_NAME, "content")
    del content["prior_epsilon"]
    (tmp_path / FILE_NAME).write_text(json.dumps(content))
    assert read_card(tmp_path).prior_epsilon == 1e-6
    (tmp_path / FILE_NAME).write_text(json.dumps(content | {"prior": None}))
    assert read_card(tmp_path).prior_epsilon is None


def test_a_fine_tuning_keeps_the_scale_of_the_log_odds_that_its_weights_have_learned(tmp_path):
    write_card(card("input", 1e-3), tmp_path)
    with pytest.raises(TfpartialError, match=r"was trained with a prior of epsilon 0.001; expected that of this .* prior, 0.02"):
        continued_card(card("input", 0.02), tmp_path)
    write_card(card("activation", 1e-3), tmp_path)
    assert continued_card(card("activation", 0.02), tmp_path).prior_epsilon == 0.02


def test_the_softmax_clips_nothing_twice():
    """Odds of clipped priors against all other organs lie below epsilon, and stay what they are."""
    organs, epsilon = tuple("abcdefg"), 0.02
    spec = NetworkSpec("unet", len(organs) + 1, (16, 16, 1), {"width": 2})
    soft = build_network(dataclasses.replace(card(), organs=OrganTable(organs), activation="softmax", network=spec))
    rare, sure = epsilon / (1 - epsilon), (1 - epsilon) / epsilon
    assert soft.get_layer("categorical_prior").epsilon == epsilon
    assert soft.get_layer("prior_driven_logits").epsilon < rare / (1 + rare + (len(organs) - 1) * sure)
