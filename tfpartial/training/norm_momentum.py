"""How fast the statistics of a batch normalisation follow the training."""

from __future__ import annotations

import keras


def set_norm_momentum(network: keras.Model, momentum: float) -> None:
    """Gives every batch normalisation of a network, nested ones too, this momentum; before its step is compiled."""
    for layer in network._flatten_layers():  # Keras has no public way into nested models
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = momentum
