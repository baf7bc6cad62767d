import keras
import numpy as np
import pytest
import tensorflow as tf

from tfpartial.models.layers.up_conv import UpConv2D, UpConv3D


def features(shape=(2, 3, 4, 5)):
    return tf.constant(np.random.default_rng(0).normal(size=shape).astype("float32"))


def upsampled_then_convolved(x, kernel):
    """The definition: nearest upsampling, a row and a column of zeros in front, a 2x2 convolution."""
    x = tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2)
    x = tf.pad(x, [[0, 0], [1, 0], [1, 0], [0, 0]])
    return tf.nn.conv2d(x, tf.transpose(kernel, [0, 1, 3, 2]), 1, "VALID")


def test_adds_each_voxel_where_the_2x2_kernel_sees_it():
    layer = UpConv2D(1)
    layer.build((None, None, None, 1))
    layer.set_weights([np.array([[1.0, 10.0], [100.0, 1000.0]]).reshape(2, 2, 1, 1)])
    one_voxel = np.array([[1.0, 0.0], [0.0, 0.0]], np.float32).reshape(1, 2, 2, 1)
    expected = [[1000, 1100, 100, 0], [1010, 1111, 101, 0], [10, 11, 1, 0], [0, 0, 0, 0]]
    np.testing.assert_array_equal(np.array(layer(one_voxel)).reshape(4, 4), expected)


def test_gives_the_features_and_gradients_of_upsampling_and_convolution():
    layer = UpConv2D(6)
    x = features()
    layer.build(x.shape)
    results = []
    for function in (layer, lambda x: upsampled_then_convolved(x, layer.kernel)):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
            loss = tf.reduce_sum(tf.sin(y))
        results.append([y, *tape.gradient(loss, [x, layer.kernel.value])])
    for got, expected in zip(*results, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


def test_in_3d_it_is_upsampling_and_convolution_as_well():
    x = features((1, 2, 3, 4, 2))
    layer = UpConv3D(3)
    layer.build(x.shape)
    upsampled = x
    for axis in (1, 2, 3):
        upsampled = tf.repeat(upsampled, 2, axis=axis)
    padded = tf.pad(upsampled, [[0, 0], [1, 0], [1, 0], [1, 0], [0, 0]])
    expected = tf.nn.conv3d(padded, tf.transpose(layer.kernel, [0, 1, 2, 4, 3]), [1] * 5, "VALID")
    np.testing.assert_allclose(layer(x), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [(None, 3, 4, 5), (None, None, None, 5)])
def test_doubles_rows_and_columns_also_before_they_are_known(shape):
    doubled = tuple(side and 2 * side for side in shape[1:3])
    assert keras.Model(*[(x := keras.Input(shape[1:])), UpConv2D(6)(x)]).output_shape == (None, *doubled, 6)


def test_computes_in_bfloat16_under_the_mixed_policy():
    layer = UpConv2D(6, dtype="mixed_bfloat16")
    y = layer(features())
    assert (y.dtype, layer.kernel.dtype) == (tf.bfloat16, "float32")
    expected = upsampled_then_convolved(features(), layer.kernel)
    np.testing.assert_allclose(tf.cast(y, tf.float32), expected, atol=0.05)


def test_survives_its_config():
    again = UpConv2D.from_config(UpConv2D(6, name="up").get_config())
    assert (again.filters, again.name) == (6, "up")
