"""The network that is inspected, and the slices that it sees."""

from __future__ import annotations

from typing import NamedTuple

import keras
import numpy as np

from tfpartial import models
from tfpartial.config import InspectConfig
from tfpartial.data.number_map import to_numbers
from tfpartial.data.store.store import Store, slice_spacing_mm
from tfpartial.errors import TfpartialError
from tfpartial.export import rebuild
from tfpartial.inference.cases import find_cases
from tfpartial.inference.windows import SliceWindows
from tfpartial.names import CaseId, require_case
from tfpartial.priors.inputs import network_inputs
from tfpartial.segmenter.card import SegmenterCard, read_card, require_same_data
from tfpartial.segmenter.network import load_network, read_renderer
from tfpartial.segmenter.precision import choose_policy, dtype_policy
from tfpartial.segmenter.preprocess import normalise

SLAB = 32
"""Slices of a volume file in memory at a time."""


class Slices(NamedTuple):
    """Slices of a volume as the network reads them.

    Args:
        hu: int16 `[n, H, W, C]`.
        numbers: of the slices, from 1.
        pixel_mm: height and width of a pixel.
        case: what they are of.
    """

    hu: np.ndarray
    numbers: list[int]
    pixel_mm: tuple[float, float]
    case: CaseId


class Subject(NamedTuple):
    """What is inspected.

    Args:
        network: with the precision that it computes in.
        exact: the same weights in float32.
        inputs: what it takes: normalised slices float32 `[n, H, W, C]`, and for a network with a prior that of nowhere.
        slices: where the inputs are from; none for random numbers.
        card: of a trained one.
    """

    network: keras.Model
    exact: keras.Model
    inputs: list[np.ndarray]
    slices: Slices | None = None
    card: SegmenterCard | None = None


def subject_of(config: InspectConfig) -> Subject:
    """The network and slices that are asked for.

    Raises:
        TfpartialError: a network, option, segmenter, case or slice that does not exist, or that do not fit each other.
    """
    return _untrained(config) if config.model is None else _trained(config)


def _untrained(config: InspectConfig) -> Subject:
    shape = (*config.size, config.channels)

    def build(policy: str) -> keras.Model:
        keras.utils.set_random_seed(config.seed)
        with dtype_policy(policy):
            return models.build(config.network.name, config.logits, shape, **config.network.options)

    policy = choose_policy(config.precision)
    network = build(policy)
    exact = network if policy == "float32" else build("float32")
    return Subject(network, exact, [_random(config, shape)])


def _random(config: InspectConfig, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(config.seed).normal(size=(config.count, *shape)).astype(np.float32)


def _trained(config: InspectConfig) -> Subject:
    assert config.model is not None
    card, network = read_card(config.model), load_network(config.model, config.checkpoint)
    slices = _slices(config, card)
    shape = (*card.size, len(card.channel_names))
    image = _random(config, shape) if slices is None else np.array(normalise(slices.hu, *card.scale))
    taken = network_inputs(image, read_renderer(config.model, card), None)
    inputs = [np.array(each) for each in (taken if isinstance(taken, list) else [taken])]
    return Subject(network, rebuild(network, card, "float32"), inputs, slices, card)


def _slices(config: InspectConfig, card: SegmenterCard) -> Slices | None:
    if config.store is not None and config.model is not None:
        store = Store.open(config.store)
        require_same_data(card, store, config.model)
        case = require_case(config.case or next(iter(store.cases)), "case")
        if case not in store.cases:
            raise TfpartialError(f"{config.store}: no case '{case}'; expected one such as '{next(iter(store.cases))}'")
        places = _places(config, store.cases[case].slices, case)
        hu = np.stack([np.array(store.image(case)[place]) for place in places])
        return Slices(hu, [place + 1 for place in places], slice_spacing_mm(store, case)[1:], case)
    return _of_file(config, card) if config.image else None


def _of_file(config: InspectConfig, card: SegmenterCard) -> Slices:
    cases = find_cases(config.image, card.channel_names)
    if len(cases) != 1:
        raise TfpartialError(f"image: expected one volume, got {len(cases)}: {', '.join(case.id for case in cases[:5])}")
    windows = SliceWindows(cases[0], card, SLAB)
    places = _places(config, windows.shape_zyx[0], cases[0].id)
    found = {place: np.array(hu[place - start]) for start, hu in windows for place in places if start <= place < start + len(hu)}
    hu = np.stack([found[place] for place in places])
    return Slices(hu, [place + 1 for place in places], windows.spacing_mm_zyx[1:], cases[0].id)


def _places(config: InspectConfig, total: int, case: CaseId) -> list[int]:
    """The slices that are asked for, from 0; else the middle of each of `count` equal parts of the volume."""
    outside = [number for number in config.slices if not 1 <= number <= total]
    if outside:
        raise TfpartialError(f"slices: expected numbers from 1 to {total}, the slices of '{case}', got {outside[0]}")
    spread = (total * (np.arange(config.count) + 0.5) / config.count).astype(int)
    return [number - 1 for number in config.slices] or np.unique(spread).tolist()


def shown_numbers(slices: Slices, card: SegmenterCard, place: int) -> np.ndarray:
    """The numbers of channel 0 of a slice, `[H, W]`, for a picture."""
    return to_numbers(slices.hu[place], card.number_maps)[..., 0]
