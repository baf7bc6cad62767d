"""The effective receptive field: how much each voxel of a slice moves a unit (W. Luo et al. 2016; thesis, figure 5.2)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from tfpartial.inspection.graph import Step
from tfpartial.inspection.receptive_field import Field

TWO_SIGMA = 0.9545
"""Share of a normal distribution within two standard deviations."""


def effective_field(network: keras.Model, target: Step, inputs: Sequence[np.ndarray]) -> np.ndarray:
    """Size of the gradient of a layer's centre unit at each voxel of the slice.

    A gradient of one is put at all channels of the unit `(H // 2, W // 2)` and propagated to the slice; its absolute values are
    averaged over slices and summed over the slice's channels. The network is in inference mode.

    Args:
        network: the network, in float32.
        target: the step whose features hold the unit.
        inputs: what the network takes: normalised slices `[n, H, W, C]`, and their priors for one with a prior.

    Returns:
        float32 `[H, W]`.
    """
    up_to = keras.Model(network.inputs, target.outputs[0].tensor)
    row, column = (side // 2 for side in target.outputs[0].shape[:2])
    total = np.zeros(inputs[0].shape[1:3], np.float64)
    for number in range(len(inputs[0])):
        each = [tf.constant(array[number : number + 1]) for array in inputs]
        with tf.GradientTape() as tape:
            tape.watch(each[0])
            features = up_to(each, training=False)
            unit = tf.reduce_sum(tf.cast(features[:, row, column], tf.float32))
        gradient = tape.gradient(unit, each[0], unconnected_gradients="zero")
        total += np.abs(gradient.numpy()[0]).sum(axis=-1)
    return (total / len(inputs[0])).astype(np.float32)


def central_value(gradient: np.ndarray, target: Step, field: Field | None) -> float:
    """The gradient at the centre of the field: the unit's own voxel where the layer has the slice's grid, else the middle of
    the theoretical field, or of the voxels that the unit stands for where that is infinite or unknown."""
    grid = target.outputs[0].shape[:2]
    middles = []
    for axis, (side, voxels) in enumerate(zip(grid, gradient.shape, strict=True)):
        span = None if field is None or side == voxels else field[axis]
        own = (side // 2 + 0.5) * voxels / side - 0.5
        middle = own if span is None or math.isinf(span.first) else (span.first + span.last) / 2
        middles.append(np.clip([math.floor(middle), math.ceil(middle)], 0, voxels - 1))
    return float(gradient[np.ix_(*middles)].mean())


def effective_side(gradient: np.ndarray, centre: float) -> float | None:
    """Side of the square that is as large as the field: voxels whose gradient is more than 1 - 95.45 % of the central value.

    None where the centre has none: no voxel can then be compared with it.
    """
    return math.sqrt(np.count_nonzero(gradient > (1 - TWO_SIGMA) * centre)) if centre > 0 else None
