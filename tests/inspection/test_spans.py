"""What each kind of layer reads, against what moves its output."""

import keras
import numpy as np
import pytest
from keras import layers

from tfpartial.inspection.graph import step_named, steps_of
from tfpartial.inspection.receptive_field import theoretical_field
from tfpartial.inspection.spans import ALL
from tfpartial.models.layers.up_conv import UpConv2D

KINDS = {
    "convolution": layers.Conv2D(1, 3, padding="same"),
    "valid": layers.Conv2D(1, 3),
    "strided": layers.Conv2D(1, 3, strides=2, padding="same"),
    "with holes": layers.Conv2D(1, (3, 2), dilation_rate=(2, 3), padding="same"),
    "depthwise": layers.DepthwiseConv2D(5, padding="same"),
    "separable": layers.SeparableConv2D(1, 3, strides=2, padding="same"),
    "transposed": layers.Conv2DTranspose(1, 2, strides=2, padding="same"),
    "transposed, overlapping": layers.Conv2DTranspose(1, 4, strides=2, padding="same"),
    "up convolution": UpConv2D(1),
    "average": layers.AveragePooling2D(3, padding="same"),
    "nearest": layers.UpSampling2D(3),
    "bilinear": layers.UpSampling2D(2, interpolation="bilinear"),
    "cropped": layers.Cropping2D(((2, 1), (1, 3))),
    "padded": layers.ZeroPadding2D(((2, 1), (1, 3))),
    "relu": layers.ReLU(),
    "dense": layers.Dense(1),
    "global": layers.GlobalAveragePooling2D(keepdims=True),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_span_has_the_voxels_that_move_the_unit_and_no_others(name):
    """A voxel is changed at a time; the weights are positive, so that no changes cancel out."""
    layer = KINDS[name]
    inputs = keras.Input((13, 11, 1))
    network = keras.Model(inputs, layer(inputs))
    layer.set_weights([np.abs(weight) + 0.1 for weight in layer.get_weights()])
    rows, columns = theoretical_field(*_ends(network, layer))
    images = np.eye(13 * 11, dtype="float32").reshape(-1, 13, 11, 1)
    unit = tuple(side // 2 for side in network.output_shape[1:3])
    before, after = (np.array(network(each))[:, *unit, 0] for each in (np.ones_like(images[:1]), 1 + images))
    seen = np.argwhere((np.abs(after - before) > 1e-4).reshape(13, 11))
    for axis, span in enumerate((rows, columns)):
        first, last = seen[:, axis].min(), seen[:, axis].max()
        if span == ALL:
            assert (first, last) == (0, (13, 11)[axis] - 1)
        elif name == "bilinear":  # beside the neighbour that it reads, one may have a weight of 0
            assert span.first <= first and last <= span.last
            assert span.size <= 3
        else:
            assert (span.first, span.last) == (first, last)


def _ends(network, layer):
    steps = steps_of(network)
    return steps, step_named(network, steps, layer.name), steps[0].inputs[0]
