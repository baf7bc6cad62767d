"""Fine-tuning: a trained segmenter gives the first weights."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import keras

from tfpartial.errors import TfpartialError
from tfpartial.models.with_prior import take_plain_weights
from tfpartial.segmenter.card import NetworkSpec, SegmenterCard, read_card
from tfpartial.segmenter.network import load_network

MAY_DIFFER = ("method", "rule", "mean", "sd", "prior", "prior_epsilon", "number_maps")
"""A network reads the same numbers however they are stored."""


def continued_card(card: SegmenterCard, model: Path) -> SegmenterCard:
    """The card of a training that goes on from `model`: its HU are normalised as those that the weights have seen.

    Args:
        card: the card of a training of its own.
        model: stage folder of the trained segmenter.

    Raises:
        TfpartialError: no segmenter there, or one of other organs, slices or network; the message names the difference.
    """
    start = read_card(model)
    for field in dataclasses.fields(card):
        asked, found = (_compared(getattr(each, field.name)) for each in (card, start))
        if field.name not in MAY_DIFFER and asked != found:
            raise TfpartialError(f"model: {model} was trained with {field.name} {found}; expected that of this training, {asked}")
    if start.prior not in (None, card.prior):
        raise TfpartialError(f"model: {model} was trained with a prior at its {start.prior}; expected {card.prior or 'none'}")
    # At the activation no weight has seen the prior; elsewhere they have learned its scale.
    if start.prior in ("input", "bottleneck") and start.prior_epsilon != card.prior_epsilon:
        found = f"was trained with a prior of epsilon {start.prior_epsilon:g}"
        raise TfpartialError(f"model: {model} {found}; expected that of this training's prior, {card.prior_epsilon:g}")
    return dataclasses.replace(card, mean=start.mean, sd=start.sd)


def _compared(value: Any) -> Any:
    """Of a network, its layers: where its first weights came from does not matter any more."""
    return value.without_first_weights if isinstance(value, NetworkSpec) else value


def take_weights(network: keras.Model, model: Path, checkpoint: str) -> None:
    """Gives `network` the weights of a segmenter with the same card; a network with a prior may also take those of one without.

    Raises `TfpartialError` as `load_network` does.
    """
    trained = load_network(model, checkpoint)
    if len(trained.inputs) < len(network.inputs):
        take_plain_weights(network, trained)
    else:
        network.set_weights(trained.get_weights())
