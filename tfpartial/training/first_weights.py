"""Fine-tuning: a trained segmenter gives the first weights."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import keras

from tfpartial.errors import TfpartialError
from tfpartial.inference.predictor import load_network
from tfpartial.training.card import SegmenterCard, read_card

MAY_DIFFER = ("method", "mean", "sd")


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
        asked, found = getattr(card, field.name), getattr(start, field.name)
        if field.name not in MAY_DIFFER and asked != found:
            raise TfpartialError(f"model: {model} was trained with {field.name} {found}; expected that of this training, {asked}")
    return dataclasses.replace(card, mean=start.mean, sd=start.sd)


def take_weights(network: keras.Model, model: Path, checkpoint: str) -> None:
    """Gives `network` the weights of a segmenter with the same card. Raises `TfpartialError` as `load_network` does."""
    network.set_weights(load_network(model, checkpoint).get_weights())
