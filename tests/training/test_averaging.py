"""The average of a network over the steps of its training."""

import keras
import numpy as np
import tensorflow as tf

from tfpartial.training.averaging import WeightAverage


def network():
    inputs = keras.Input((2,))
    x = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")(inputs)
    return keras.Model(inputs, keras.layers.BatchNormalization(scale=False)(x))


def set_all(model, value):
    model.set_weights([np.full(weight.shape, value, "float32") for weight in model.get_weights()])


def test_follows_weights_and_batch_statistics_with_a_rising_momentum():
    model = network()
    set_all(model, 1.0)
    average = WeightAverage(model, 0.9)
    expected = 1.0
    for step, value in ((1, 2.0), (2, 5.0), (1000, 3.0)):
        set_all(model, value)
        average.update(tf.constant(step))
        momentum = min(0.9, (1 + step) / (10 + step))
        expected = momentum * expected + (1 - momentum) * value
    assert len(average.variables) == 4  # kernel, offset, moving mean and variance
    for variable in average.variables:
        np.testing.assert_allclose(variable, np.full(variable.shape, expected), rtol=1e-6)


def test_is_in_place_inside_the_block_alone():
    model = network()
    set_all(model, 1.0)
    average = WeightAverage(model, 0.5)
    weights = [np.random.default_rng(0).normal(size=weight.shape).astype("float32") for weight in model.get_weights()]
    model.set_weights(weights)
    with average.in_place():
        assert all((weight == 1).all() for weight in model.get_weights())
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_follows_a_compiled_step():
    model = network()
    set_all(model, 0.0)
    average = WeightAverage(model, 0.5)

    @tf.function
    def step(number):
        for variable in model.variables:
            variable.assign(tf.ones(variable.shape))
        average.update(number)

    step(tf.constant(100))
    assert all((variable.numpy() == 0.5).all() for variable in average.variables)
