import keras
import numpy as np
import pytest
import tensorflow as tf

from tfpartial.models.layers import fused_batch_norm
from tfpartial.models.layers.fused_batch_norm import FusedBatchNormalization

SHAPES = [(2, 3, 4, 5), (2, 3, 2, 2, 5)]


def pair(shape, **options):
    """Ours and Keras's layer with the same random weights."""
    layers = FusedBatchNormalization(**options), keras.layers.BatchNormalization(**options)
    random = np.random.default_rng(1)
    weights = [random.uniform(0.5, 2.0, shape[-1]).astype("float32") for _ in range(4)]
    for layer in layers:
        layer.build(shape)
        layer.set_weights(weights)
    return layers


def features(shape):
    return tf.constant(np.random.default_rng(0).normal(3.0, 2.0, shape).astype("float32"))


def outputs_and_gradients(layer, x, training):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=training)
        loss = tf.reduce_sum(tf.sin(y))
    return [y, *tape.gradient(loss, [x, layer.gamma, layer.beta])]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("training", [True, False])
def test_gives_the_outputs_and_gradients_of_keras(shape, training):
    ours, keras_layer = pair(shape)
    for got, expected in zip(
        outputs_and_gradients(ours, features(shape), training),
        outputs_and_gradients(keras_layer, features(shape), training),
        strict=True,
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


def test_moves_its_statistics_as_keras_does():
    ours, keras_layer = pair(SHAPES[0])
    ours(features(SHAPES[0]), training=True)
    keras_layer(features(SHAPES[0]), training=True)
    for got, expected in zip(ours.get_weights(), keras_layer.get_weights(), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_keeps_its_statistics_when_it_is_frozen():
    ours, _ = pair(SHAPES[0])
    ours.trainable = False
    before = [np.copy(weight) for weight in ours.get_weights()]
    frozen = ours(features(SHAPES[0]), training=True)
    np.testing.assert_array_equal(ours.get_weights(), before)
    np.testing.assert_array_equal(frozen, ours(features(SHAPES[0]), training=False))


@pytest.mark.parametrize("training", [True, False])
def test_leaves_bfloat16_features_in_bfloat16(training):
    ours, keras_layer = pair(SHAPES[0], dtype="mixed_bfloat16")
    x = tf.cast(features(SHAPES[0]), tf.bfloat16)
    got = ours(x, training=training)
    assert got.dtype == tf.bfloat16
    expected = tf.cast(keras_layer(x, training=training), tf.float32)
    np.testing.assert_allclose(tf.cast(got, tf.float32), expected, rtol=0.02, atol=0.02)


def test_takes_keras_own_way_for_vectors():
    shape = (6, 5)
    ours, keras_layer = pair(shape)
    np.testing.assert_array_equal(ours(features(shape), training=True), keras_layer(features(shape), training=True))


@pytest.mark.parametrize(
    ("flags", "shape", "training", "fused"),
    [
        ({"avx2"}, (1, 512, 512, 8), False, False),
        ({"avx2"}, (1, None, None, 8), False, False),
        ({"avx2"}, (1, 512, 512, 8), True, True),
        ({"avx2"}, (1, 512, 512, 7), False, True),
        ({"avx2", "avx512f"}, (1, 512, 512, 8), False, True),
        (set(), (1, 512, 512, 8), False, True),
    ],
)
def test_large_features_are_not_fused_with_their_convolution_without_avx512(flags, shape, training, fused, monkeypatch):
    monkeypatch.setattr(fused_batch_norm, "cpu_flags", lambda: frozenset(flags))
    ours, _ = pair((1, 4, 4, shape[-1]))
    traced = tf.function(lambda x: ours(x, training=training)).get_concrete_function(tf.TensorSpec(shape))
    assert ("FusedBatchNormV3" in {operation.type for operation in traced.graph.get_operations()}) == fused


def test_large_features_have_the_same_numbers(monkeypatch):
    ours, _ = pair(SHAPES[0])
    expected = ours(features(SHAPES[0]), training=False)
    monkeypatch.setattr(fused_batch_norm, "cpu_flags", lambda: frozenset({"avx2"}))
    monkeypatch.setattr(fused_batch_norm, "LARGE", 1)
    np.testing.assert_allclose(ours(features(SHAPES[0]), training=False), expected, rtol=1e-5, atol=1e-5)
