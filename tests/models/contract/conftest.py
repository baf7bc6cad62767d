"""What every network of `NETWORKS` is tested with. A new network is a line of `TABLE`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import keras
import numpy as np
import pytest

from tfpartial import models
from tfpartial.segmenter.precision import dtype_policy

ORGANS, CHANNELS = 3, 2


@dataclass(frozen=True)
class Row:
    """A network that is small enough to be tested.

    Args:
        options: its options.
        sides: rows and columns of a slice.
        multiple: what its sides must be multiples of; 1 for a network that takes all.
    """

    options: dict[str, Any] = field(default_factory=dict)
    sides: tuple[int, int] = (32, 48)
    multiple: int = 16


TABLE = {
    "unet": Row({"width": 2}),
    "attention_unet": Row({"width": 4}),
    "u_transformer": Row({"width": 2, "heads": 2}),
    "deeplab_v3": Row({"width": 4, "encoder": "resnet18", "output_stride": 8}, sides=(64, 96), multiple=8),
    "deeplab_v3_plus": Row({"width": 4, "encoder": "resnet18"}),
    "unet_resnet18": Row({"width": 4}, sides=(32, 64), multiple=32),
    "nnunet": Row({"width": 4, "stages": 3}, multiple=4),
}


@dataclass(frozen=True)
class Subject:
    """A network of the table: how it is built, and how it was built for all tests that only look at it."""

    name: str
    row: Row
    network: keras.Model

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of a slice."""
        return (*self.row.sides, CHANNELS)

    @property
    def slices(self) -> np.ndarray:
        """Two normalised slices."""
        return np.random.default_rng(0).normal(size=(2, *self.shape)).astype("float32")

    def build(self, num_logits: int = ORGANS, shape: tuple[int, ...] = (), policy: str = "float32", seed: int = 0) -> keras.Model:
        """Another one, with first weights of a seed."""
        keras.utils.set_random_seed(seed)
        with dtype_policy(policy):
            return models.build(self.name, num_logits, shape or self.shape, **self.row.options)

    def build_with_prior(self, where: str) -> keras.Model:
        """Another one that takes a prior."""
        return models.build_with_prior(self.name, ORGANS, self.shape, ORGANS, where, **self.row.options)


def shuffled(network: keras.Model) -> keras.Model:
    """The network with other biases, scales and statistics than at the start, where they are 0 or 1."""
    random = np.random.default_rng(1)
    for layer in network.layers:
        values = layer.get_weights()
        layer.set_weights([value + random.uniform(0.05, 0.2, value.shape) * (value.ndim == 1) for value in values])
    return network


@pytest.fixture(scope="session")
def table() -> dict[str, Row]:
    return TABLE


@pytest.fixture(scope="session")
def subject_of():
    """Name -> its network, which is built once."""

    @cache
    def made(name: str) -> Subject:
        row = TABLE[name]
        return Subject(name, row, shuffled(Subject(name, row, None).build()))

    return made


@pytest.fixture(scope="session", params=TABLE)
def subject(request, subject_of) -> Subject:
    """Each network in turn."""
    return subject_of(request.param)
