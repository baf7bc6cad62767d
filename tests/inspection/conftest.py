"""Networks whose fields, products and attention are known by hand."""

import keras
import numpy as np
import pytest
from keras import layers

from tfpartial.models import BOTTLENECK, LOGITS


@pytest.fixture(scope="session")
def small():
    """Slices of 16x16: a 3x3 convolution, a pooling, a 3x3 convolution with holes; up again, beside the first features."""
    inputs = keras.Input((16, 16, 1))
    skip = layers.Conv2D(2, 3, padding="same", name="first")(inputs)
    x = layers.MaxPooling2D(2, name="pool")(skip)
    x = layers.Conv2D(3, 3, padding="same", dilation_rate=2, name=BOTTLENECK)(x)
    x = layers.UpSampling2D(2, name="up")(x)
    x = layers.Concatenate(name="concat")([skip, x])
    return keras.Model(inputs, layers.Conv2D(2, 1, name=LOGITS)(x), name="small")


@pytest.fixture(scope="session")
def attending():
    """Slices of 2x4, whose voxels attend to each other: softmax(x_i x_j)."""
    inputs = keras.Input((2, 4, 1))
    tokens = layers.Reshape((8, 1), name="tokens")(inputs)
    heads = layers.MultiHeadAttention(1, 1, name="heads")
    x = layers.Reshape((2, 4, 1), name="grid")(heads(tokens, tokens))
    network = keras.Model(inputs, layers.Conv2D(1, 1, name=LOGITS)(x), name="attending")
    heads.set_weights([np.ones_like(weight) if weight.ndim == 3 else np.zeros_like(weight) for weight in heads.get_weights()])
    return network


@pytest.fixture(scope="session")
def blurred():
    """Slices of 9x9 under two convolutions (0.1, 1, 0.1) along rows and columns, without bias."""
    inputs = keras.Input((9, 9, 1))
    x = inputs
    for name in ("once", "twice"):
        layer = layers.Conv2D(1, 3, padding="same", use_bias=False, name=name)
        x = layer(x)
        line = np.array([0.1, 1.0, 0.1])
        layer.set_weights([np.outer(line, line).reshape(3, 3, 1, 1)])
    return keras.Model(inputs, x, name="blurred")
