import keras
import numpy as np
import pytest

from tfpartial.models import blocks
from tfpartial.training.norm_momentum import set_norm_momentum


def test_batch_statistics_follow_the_features_of_a_few_dozen_steps():
    """What prediction normalises by is that of the last steps: after 30 of them nothing is left of the first 0 and 1."""
    inputs = keras.Input((4, 4, 1))
    inner = keras.Model(inputs, blocks.norm_relu(inputs, "only"))
    network = keras.Sequential([inner])
    set_norm_momentum(network, 0.8)
    features = 5.0 + 2.0 * np.random.default_rng(0).normal(size=(8, 4, 4, 1)).astype("float32")
    for _ in range(30):
        network(features, training=True)
    layer = inner.get_layer("only_bn")
    assert float(layer.moving_mean[0]) == pytest.approx(features.mean(), rel=0.05)
    assert float(layer.moving_variance[0]) == pytest.approx(features.var(), rel=0.05)
    assert keras.models.clone_model(inner).get_layer("only_bn").momentum == 0.8
