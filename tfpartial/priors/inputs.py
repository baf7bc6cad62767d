"""What a network takes: slices, and for one with a prior that of each slice."""

from __future__ import annotations

from typing import Any

from keras import ops

from tfpartial.priors.render import PriorRenderer, SlicePlaces

Tensor = Any


def network_inputs(image: Tensor, renderer: PriorRenderer | None, places: SlicePlaces | None) -> Tensor:
    """The inputs of a network.

    Args:
        image: normalised slices `[n, H, W, C]`.
        renderer: renders the prior; none for a network without one.
        places: where the organs are; none is nowhere: the network is then told nothing.
    """
    if renderer is None:
        return image
    if places is None:
        slices = ops.shape(image)[0]  # a served batch has any number
        nowhere = ops.full((slices, len(renderer.least), 3), float("nan"), dtype="float32")
        places = SlicePlaces(nowhere, ops.ones((slices, 3), dtype="float32"))
    return [image, renderer.finish(renderer(places), places)]
