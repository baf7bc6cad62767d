"""What the unit at a voxel attends to (thesis, figures 5.1 and 5.8)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
from keras import layers, ops

from tfpartial.inspection.graph import Step, Value

LOG = logging.getLogger(__name__)


class AttentionLayer(NamedTuple):
    """An attention of a network.

    Args:
        step: its call.
        queries: rows and columns of the units that attend.
        keys: rows and columns of those that are attended to.
    """

    step: Step
    queries: tuple[int, int]
    keys: tuple[int, int]


def attention_layers(steps: Sequence[Step]) -> list[AttentionLayer]:
    """The `MultiHeadAttention` layers of a network between the voxels of a slice, in the order of the graph.

    One whose tokens are no voxels, or which is inside a nested network, is left out with a warning.
    """
    makers = {value: step for step in steps for value in step.outputs}
    found = []
    for step in steps:
        if isinstance(step.layer, layers.MultiHeadAttention):
            queries, keys = (_grid(step.named[name], makers) for name in ("query", "value"))
            if queries is None or keys is None or step.nested:
                LOG.warning("layer '%s': no map of what it attends to: its tokens are no voxels of this network", step.layer.name)
            else:
                found.append(AttentionLayer(step, queries, keys))
    return found


def attention_at(
    network: keras.Model, attention: AttentionLayer, inputs: Sequence[np.ndarray], voxel: tuple[int, int], sides: tuple[int, int]
) -> np.ndarray:
    """The scores of the unit that a voxel of the slice belongs to: how much of each unit it takes.

    Args:
        network: the network.
        attention: one of its layers.
        inputs: what the network takes, `[n, ...]` each.
        voxel: row and column on the slice.
        sides: rows and columns of the slice.

    Returns:
        float32 `[n, heads, rows, columns]`; the sum over rows and columns is 1.
    """
    step = attention.step
    names = [name for name in ("query", "value", "key") if name in step.named]
    before = keras.Model(network.inputs, [step.named[name].tensor for name in names])
    rows, columns = attention.queries
    unit = voxel[0] * rows // sides[0] * columns + voxel[1] * columns // sides[1]
    maps = []
    for number in range(len(inputs[0])):  # all units with all others is much: a slice at a time
        each = [array[number : number + 1] for array in inputs]
        tokens = dict(zip(names, before(each, training=False), strict=True))
        flat = {name: ops.reshape(value, (1, -1, value.shape[-1])) for name, value in tokens.items()}
        _, scores = step.layer(**flat, return_attention_scores=True)  # (1, heads, queries, keys)
        maps.append(np.array(ops.cast(scores[0, :, unit], "float32")).reshape(-1, *attention.keys))
    return np.stack(maps)


def _grid(tokens: Value, makers: dict[Value, Step]) -> tuple[int, int] | None:
    """Rows and columns of the voxels that tokens `[n, C]` were, by the nearest features before them that have as many."""
    if tokens.grid is not None:
        return tokens.grid
    waiting = [tokens]
    while waiting:
        value = waiting.pop(0)
        if value.grid is not None and value.grid[0] * value.grid[1] == tokens.shape[0]:
            return value.grid
        if value.grid is None and value in makers:
            waiting += makers[value].inputs
    return None
