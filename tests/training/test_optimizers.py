"""Steps of the optimisers, worked through by hand."""

import re

import keras
import numpy as np
import pytest

from tfpartial.config import OptimizerConfig
from tfpartial.errors import TfpartialError
from tfpartial.training.optimizers import OPTIMIZERS, build_optimizer


def steps(config, gradients, rate=0.1, first=1.0):
    """A weight after each step with these gradients."""
    weight = keras.Variable(np.float32(first))
    optimizer = build_optimizer(config, rate)
    seen = []
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(np.float32(gradient))], [weight])
        seen.append(float(weight))
    return seen


def sgd_by_hand(gradients, rate, momentum, nesterov, decay, first=1.0):
    """As PyTorch documents its `SGD`: buffer, look-ahead, and the weights as part of the gradient."""
    weight, buffer, seen = first, 0.0, []
    for gradient in gradients:
        gradient = gradient + decay * weight
        buffer = momentum * buffer + gradient
        weight -= rate * (gradient + momentum * buffer if nesterov else buffer)
        seen.append(weight)
    return seen


@pytest.mark.parametrize(
    ("momentum", "nesterov", "decay"), [(0.0, False, 0.0), (0.9, False, 0.0), (0.99, True, 0.0), (0.99, True, 0.5)]
)
def test_sgd_is_the_published_one(momentum, nesterov, decay):
    options = {"momentum": momentum, "nesterov": nesterov, "weight_decay": decay}
    gradients = [1.0, -2.0, 0.5, 3.0]
    expected = sgd_by_hand(gradients, 0.1, momentum, nesterov, decay)
    assert steps(OptimizerConfig("sgd", options), gradients) == pytest.approx(expected, rel=1e-5)


def test_gradients_are_clipped_together_and_the_penalty_is_not():
    """(3, 4) has norm 5; at most 1 it is (0.6, 0.8), and half of the weights, 1 and 2, comes on top."""
    weights = [keras.Variable(np.float32(value)) for value in (1.0, 2.0)]
    optimizer = build_optimizer(OptimizerConfig("sgd", {"momentum": 0.0, "weight_decay": 0.5}, clip_norm=1.0), 1.0)
    optimizer.apply([keras.ops.convert_to_tensor(np.float32(gradient)) for gradient in (3.0, 4.0)], weights)
    assert [float(weight) for weight in weights] == pytest.approx([1 - 0.6 - 0.5, 2 - 0.8 - 1.0], abs=1e-6)


def test_adam_by_default_is_keras_s_to_the_bit():
    gradients = [1.0, -2.0, 0.5]
    weight, optimizer, expected = keras.Variable(np.float32(1.0)), keras.optimizers.Adam(0.1), []
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(np.float32(gradient))], [weight])
        expected.append(float(weight))
    assert steps(OptimizerConfig(), gradients) == expected


def test_adam_takes_its_options():
    """The first step is the rate times the sign; the decay takes a tenth of the rate times the weight before."""
    (weight,) = steps(OptimizerConfig("adam", {"weight_decay": 0.1}), [5.0])
    assert weight == pytest.approx(1.0 - 0.1 * 0.1 - 0.1, rel=1e-4)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_comes_back_from_its_config(name):
    optimizer = build_optimizer(OptimizerConfig(name, {"weight_decay": 0.25}, clip_norm=3.0), 0.1)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert again.get_config() == optimizer.get_config()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (OptimizerConfig("lion"), "optimizer.name: 'lion' does not exist; expected one of adam, sgd"),
        (
            OptimizerConfig("adam", {"momentum": 0.9}),
            "optimizer.options: no option momentum; expected some of beta_1, beta_2, epsilon, weight_decay",
        ),
        (OptimizerConfig("sgd", {"momentum": 1.0}), "optimizer.options.momentum: expected 0 or more, below 1, got 1.0"),
        (OptimizerConfig("adam", {"beta_2": 1}), "optimizer.options.beta_2: expected 0 or more, below 1, got 1"),
        (OptimizerConfig("sgd", {"weight_decay": -1}), "optimizer.options.weight_decay: expected float, 0 or more, got -1"),
    ],
)
def test_refuses(config, message):
    with pytest.raises(TfpartialError, match=re.escape(message)):
        build_optimizer(config, 0.1)
