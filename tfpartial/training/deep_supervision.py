"""Deep supervision: coarser levels of a network's decoder learn as well, each on its own grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from tfpartial.errors import TfpartialError
from tfpartial.models import blocks
from tfpartial.models.endpoints import DECODED
from tfpartial.models.layers.prior_driven_activation import PriorDrivenActivation
from tfpartial.training.first_biases import set_biases
from tfpartial.training.scales import at_grid

HEAD = "deep_supervision_{}"


class DeepSupervision:
    """Further logits from the coarser levels of a network's decoder, for its training alone (Isensee et al. 2021).

    The heads, 1x1 convolutions, are no part of the network: what is validated, kept and served has one output. They are part of
    what the optimiser changes and of the training's state. The coarsest level of the decoder has none, as published. Where the
    prior is part of the network's logits, it is part of these too.

    Args:
        network: functional model whose decoder has levels named `DECODED`, from normalised slices (and priors) to logits.

    Raises:
        TfpartialError: fewer than two such levels.
    """

    def __init__(self, network: keras.Model) -> None:
        named = {layer.name: layer for layer in network.layers}
        levels = _levels(network, named)
        prior_driven = next((layer for layer in network.layers if isinstance(layer, PriorDrivenActivation)), None)
        logits = []
        for number, features in enumerate(levels[:-1], start=1):
            name = HEAD.format(number)
            own = blocks.head(features, network.output_shape[-1], name)
            logits.append(own if prior_driven is None else _prior_driven(own, prior_driven, f"{name}_prior"))
        self.model = keras.Model(network.inputs, [network.outputs[0], *logits], name=f"{network.name}_deeply_supervised")
        self.heads = [self.model.get_layer(HEAD.format(number)) for number in range(1, len(levels))]

    @property
    def variables(self) -> list[keras.Variable]:
        """Weights of the heads."""
        return [variable for head in self.heads for variable in head.trainable_variables]

    def set_first_biases(self, biases: np.ndarray) -> None:
        """Gives each head these biases, `[num_logits]`."""
        for head in self.heads:
            set_biases(head, biases)


def _levels(network: keras.Model, named: Mapping[str, keras.layers.Layer]) -> list[blocks.Features]:
    """The features of the decoder's levels between the slice's grid and the bottleneck, the finest first."""
    levels: list[blocks.Features] = []
    while DECODED.format(len(levels) + 1) in named:
        levels.append(named[DECODED.format(len(levels) + 1)].output)
    if len(levels) < 2:
        has = "1 is the coarsest, which does not learn" if levels else "it has none"
        expected = f"levels of the decoder between the slice and the lowest one (`{DECODED.format(1)}` and so on)"
        raise TfpartialError(f"deep_supervision: network '{network.name}': expected 2 or more {expected}; {has}")
    return levels


def _prior_driven(logits: blocks.Features, as_in: PriorDrivenActivation, name: str) -> blocks.Features:
    """The prior put into coarser logits as the network puts it into its own."""
    _, prior = as_in.input
    picked = PickedVoxels(logits.shape[1:3], name=name)(prior)
    return PriorDrivenActivation.from_config({**as_in.get_config(), "name": f"{name}_driven"})([logits, picked])


@keras.saving.register_keras_serializable(package="tfpartial")
class PickedVoxels(keras.layers.Layer):
    """A map `[B, *grid, C]` on a coarser grid, as `at_grid` picks it."""

    def __init__(self, grid: Sequence[int], **options: Any) -> None:
        super().__init__(**{**options, "dtype": "float32"})
        self.grid = tuple(grid)

    def call(self, inputs: Any) -> Any:
        return at_grid({"label": inputs, "prior": inputs}, self.grid)["prior"]
