"""What must be known beside the weights to use a segmenter: `segmenter.json`."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from tfpartial import models
from tfpartial.artifacts import parsing, read_json, write_json
from tfpartial.config import Activation, Method
from tfpartial.data.from_json import from_json
from tfpartial.data.number_map import NumberMaps
from tfpartial.data.store.store import Store
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable
from tfpartial.models.brought import brought_function, is_brought
from tfpartial.models.build import FIRST_WEIGHTS

FILE_NAME = "segmenter.json"
WHAT = "card of a trained segmenter"
OLDER_EPSILON = 1e-6
"""What every network with a prior clipped to when cards did not say it."""


@dataclass(frozen=True)
class NetworkSpec:
    """How to build the network again: the arguments of `tfpartial.models.build`."""

    name: str
    num_logits: int
    input_shape: tuple[int, int, int]
    options: dict[str, Any]

    @property
    def without_first_weights(self) -> NetworkSpec:
        """The same layers, built without a file of first weights."""
        if is_brought(self.name):  # its options are its own affair
            return self
        options = {name: value for name, value in self.options.items() if name != FIRST_WEIGHTS}
        return dataclasses.replace(self, options=options)


@dataclass(frozen=True)
class SegmenterCard:
    """The way from HU to labels around a network.

    Args:
        organs: the organ table.
        channel_names: input channels, in order.
        method: training method.
        activation: what ends the network; it decides how logits become labels.
        size: rows and columns of the network's slice.
        spacing_mm: in-plane spacing (rows, columns) that slices are resampled to; none keeps the native one.
        window_hu: HU window.
        mean: mean of the clipped HU over the training cases.
        sd: their standard deviation.
        network: the network's specification.
        prior: how the network is told the spatial prior, which lies beside the card (`prior.npz`); none for one without.
        rule: the weight rule that it learned by; none where an older release did not say it.
        prior_epsilon: the least probability of that prior, to which the network clips as well; none for one without.
        number_maps: how the numbers of the channels are stored; none where they are HU as int16.
    """

    organs: OrganTable
    channel_names: tuple[str, ...]
    method: Method
    activation: Activation
    size: tuple[int, int]
    spacing_mm: tuple[float, float] | None
    window_hu: tuple[float, float]
    mean: float
    sd: float
    network: NetworkSpec
    prior: str | None = None
    rule: str | None = None
    prior_epsilon: float | None = None
    number_maps: NumberMaps = ()

    @property
    def scale(self) -> tuple[tuple[float, float], float, float, NumberMaps]:
        """What `normalise` takes beside the slices."""
        return self.window_hu, self.mean, self.sd, self.number_maps


def write_card(card: SegmenterCard, folder: Path) -> None:
    """Writes `segmenter.json` into a stage folder."""
    content = dataclasses.asdict(card) | {"organs": list(card.organs.names)}
    write_json(folder / FILE_NAME, content)


def read_card(folder: Path) -> SegmenterCard:
    """Reads `segmenter.json` of a stage folder.

    Raises:
        TfpartialError: the folder holds no segmenter, or its card lacks an entry.
    """
    content = read_json(folder / FILE_NAME, WHAT)
    with parsing(folder / FILE_NAME, WHAT):
        spacing = content["spacing_mm"]
        card = SegmenterCard(
            organs=OrganTable(tuple(content["organs"])),
            channel_names=tuple(content["channel_names"]),
            method=content["method"],
            activation=content.get("activation") or _activation_of(content["method"]),
            size=tuple(content["size"]),
            spacing_mm=None if spacing is None else tuple(spacing),
            window_hu=tuple(content["window_hu"]),
            mean=content["mean"],
            sd=content["sd"],
            network=_network_spec(content["network"]),
            # Cards of older releases lack these.
            prior=content.get("prior"),
            rule=content.get("rule"),
            prior_epsilon=content.get("prior_epsilon") or (OLDER_EPSILON if content.get("prior") else None),
            number_maps=from_json(NumberMaps, content.get("number_maps", [])),
        )
    if not (math.isfinite(card.mean) and 0 < card.sd < math.inf):
        got = f"mean {card.mean} and sd {card.sd}"
        raise TfpartialError(f"{folder / FILE_NAME}: expected a finite mean and a standard deviation above 0, got {got}")
    return card


def _activation_of(method: str) -> Activation:
    """Of cards of older releases, which do not say it."""
    return "softmax" if method == "naive_softmax" else "sigmoid"


def _network_spec(content: dict[str, Any]) -> NetworkSpec:
    num_logits = content["num_logits"] if "num_logits" in content else content["num_outputs"]  # its name in older releases
    return NetworkSpec(content["name"], num_logits, tuple(content["input_shape"]), content["options"])


def build_network(card: SegmenterCard, first_weights: bool = False) -> keras.Model:
    """The network of a card with new weights, under the current dtype policy.

    Args:
        card: how to build it.
        first_weights: take them from the file that the network's options name, as a training does that begins. Else they are
            random, and that file need not be there.
    """
    spec = card.network if first_weights else card.network.without_first_weights
    if card.prior is None or card.prior_epsilon is None:
        return models.build(spec.name, spec.num_logits, spec.input_shape, **spec.options)
    use = (len(card.organs), card.prior, card.activation, card.prior_epsilon)
    return models.build_with_prior(spec.name, spec.num_logits, spec.input_shape, *use, **spec.options)


def import_brought_layers(folder: Path) -> None:
    """Imports the module of a network that a user brought, which registers its layers: a `.keras` file names them only.

    Args:
        folder: stage folder of `train`; its card names the function. The module is looked for where Python finds what is
            installed, never in the folder.

    Raises:
        TfpartialError: no readable card, or the module is not installed here.
    """
    name = read_card(folder).network.name
    if is_brought(name):
        brought_function(name)


def require_same_data(card: SegmenterCard, store: Store, model: Path) -> None:
    """Raises `TfpartialError` unless a store has the organs, channels and slices of the segmenter in the folder `model`."""
    for what in ("organs", "channel_names", "size", "spacing_mm", "number_maps"):
        found, expected = getattr(store, what), getattr(card, what)
        if found != expected:
            raise TfpartialError(f"{store.root}: expected {what} {expected} as the segmenter of {model}, got {found}")
