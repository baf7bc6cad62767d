import keras
import numpy as np
import pytest

from tfpartial.models.layers.instance_norm import InstanceNormalization


def test_gives_each_channel_of_each_slice_mean_0_and_variance_1():
    """By hand: 1, 3, 5, 7 have mean 4 and variance 5; the second channel is constant."""
    x = np.stack([np.float32([[1, 3], [5, 7]]), np.full((2, 2), 9, np.float32)], axis=-1)[None]
    layer = InstanceNormalization(epsilon=1e-5)
    layer.build(x.shape)
    layer.set_weights([np.float32([2, 2]), np.float32([1, 1])])
    expected = (np.float32([[-3, -1], [1, 3]]) / np.sqrt(5 + 1e-5)) * 2 + 1
    y = np.array(layer(x))
    np.testing.assert_allclose(y[0, ..., 0], expected, rtol=1e-6)
    np.testing.assert_allclose(y[0, ..., 1], 1.0, atol=1e-6)


@pytest.mark.parametrize("shape", [(2, 5, 4, 3), (2, 3, 4, 2, 3)])
def test_gives_the_numbers_of_keras(shape):
    x = np.random.default_rng(0).normal(3, 2, shape).astype("float32")
    reference = keras.layers.GroupNormalization(-1, epsilon=1e-5)
    np.testing.assert_allclose(InstanceNormalization()(x), reference(x), atol=1e-5)


def test_keeps_its_statistics_in_float32_under_mixed_precision():
    """The squares of 300 are beyond float16."""
    x = np.random.default_rng(0).normal(300, 300, (1, 8, 8, 1)).astype("float16")
    y = np.array(InstanceNormalization(dtype="mixed_float16")(x))
    assert y.dtype == np.float16
    wide = x.astype("float32")
    np.testing.assert_allclose(y, (wide - wide.mean()) / wide.std(), atol=5e-3)


def test_comes_back_from_its_config():
    assert InstanceNormalization.from_config(InstanceNormalization(0.25).get_config()).epsilon == 0.25
