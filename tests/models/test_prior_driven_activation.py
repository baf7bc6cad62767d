"""The prior-driven activations by hand (thesis, eq. 4.2 and 4.3), at the priors' ends, and under a uniform prior."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from keras import ops

from tfpartial.errors import TfpartialError
from tfpartial.models.layers.prior_driven_activation import (
    PriorDrivenActivation,
    categorical_prior,
    prior_driven_logits,
)
from tfpartial.segmenter.precision import dtype_policy

LOGITS = arrays("float32", (2, 3), elements=st.floats(-12, 12, width=32))
PRIORS = arrays("float32", (2, 3), elements=st.floats(0, 1, width=32))
SHAPES = [(5, 3), (2, 4, 6, 3), (1, 2, 3, 4, 3)]


def normal(shape):
    return np.random.default_rng(0).normal(scale=4.0, size=shape).astype("float32")


def row(*values):
    return np.array(values, "float32")


def logit(*probabilities):
    return np.log(probabilities) - np.log1p(-np.array(probabilities))


@pytest.mark.parametrize(
    ("seen", "prior", "expected"),
    [
        (0.50, 0.8, 0.8),  # nothing seen: the prior
        (0.75, 0.5, 0.75),  # nothing known: what is seen
        (0.75, 0.25, 0.1875 / (0.1875 + 0.1875)),
        (0.20, 0.9, 0.18 / (0.18 + 0.08)),
        (0.50, 0.0, 1e-6),  # clipped
        (0.50, 1.0, 1 - 1e-6),
    ],
)
def test_the_prior_driven_sigmoid_by_hand(seen, prior, expected):
    y = PriorDrivenActivation(epsilon=1e-6)([row(*logit(seen)), row(prior)])
    np.testing.assert_allclose(y, [expected], rtol=1e-6)


@pytest.mark.parametrize(
    ("seen", "prior", "expected"),
    [
        ((0.5, 0.25, 0.25), (0.2, 0.4, 0.4), (1 / 3, 1 / 3, 1 / 3)),
        ((0.6, 0.3, 0.1), (0.1, 0.2, 0.7), (6 / 19, 6 / 19, 7 / 19)),
        ((0.6, 0.3, 0.1), (1 / 3, 1 / 3, 1 / 3), (0.6, 0.3, 0.1)),
        ((0.5, 0.5), (1.0, 0.0), (1 - 1e-6, 1e-6)),
    ],
)
def test_the_prior_driven_softmax_by_hand(seen, prior, expected):
    y = PriorDrivenActivation("softmax", 1e-6)([np.log(row(*seen)) + 2.5, row(*prior)])  # a softmax does not see the 2.5
    np.testing.assert_allclose(y, expected, rtol=2e-6)


@given(LOGITS, PRIORS, st.sampled_from(["sigmoid", "softmax"]))
def test_equals_the_normalised_products_of_probabilities(logits, prior, activation):
    y = PriorDrivenActivation(activation, 1e-6)([logits, prior])
    s, p = logits.astype("float64"), np.clip(prior.astype("float64"), 1e-6, 1 - 1e-6)
    if activation == "sigmoid":
        seen = 1 / (1 + np.exp(-s))
        expected = seen * p / (seen * p + (1 - seen) * (1 - p))
    else:
        expected = np.exp(s) * p / (np.exp(s) * p).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(y, expected, rtol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("activation", "uniform"), [("sigmoid", 1 / 2), ("softmax", 1 / 3)])
def test_a_uniform_prior_gives_the_plain_activation_bit_by_bit(shape, activation, uniform):
    plain = {"sigmoid": ops.sigmoid, "softmax": ops.softmax}[activation]
    y = PriorDrivenActivation(activation)([normal(shape), np.full(shape, uniform, "float32")])
    np.testing.assert_array_equal(y, plain(tf.constant(normal(shape))))


@pytest.mark.parametrize(("activation", "channels"), [("sigmoid", 7), *(("softmax", channels) for channels in range(2, 25))])
def test_a_uniform_prior_adds_exactly_zero_for_any_number_of_classes(activation, channels):
    logits = tf.constant(normal((7, channels)))
    prior = tf.fill((7, channels), np.float32(1 / 2 if activation == "sigmoid" else 1 / channels))
    np.testing.assert_array_equal(prior_driven_logits(logits, prior, activation), logits)


@pytest.mark.parametrize(("activation", "channels"), [("sigmoid", 7), ("softmax", 21)])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_uniform_prior_adds_exactly_zero_in_compiled_steps(activation, channels, jit_compile):
    logits = tf.constant(normal((7, channels)))
    prior = tf.fill((7, channels), np.float32(1 / 2 if activation == "sigmoid" else 1 / channels))
    step = tf.function(lambda logits, prior: prior_driven_logits(logits, prior, activation), jit_compile=jit_compile)
    np.testing.assert_array_equal(step(logits, prior), logits)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
@pytest.mark.parametrize("output", ["probabilities", "logits"])
def test_gradients_are_finite_at_zero_and_one(dtype, activation, output):
    logits = tf.cast(tf.constant([[-50.0, 0.0, 50.0]] * 4), dtype)
    prior = tf.cast(tf.constant([[0.0, 1.0, 0.5], [1.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]), dtype)
    with tf.GradientTape() as tape:
        tape.watch([logits, prior])
        y = PriorDrivenActivation(activation, output=output)([logits, prior])
        loss = tf.reduce_sum(y * tf.constant([1.0, 2.0, 3.0]))
    assert y.dtype == tf.float32
    gradients = tape.gradient(loss, [logits, prior])
    for each in (y, *gradients):
        assert np.isfinite(tf.cast(each, tf.float32)).all()
    assert (tf.cast(gradients[0], tf.float32).numpy() != 0).any()  # the logits still learn
    assert [each.dtype.name for each in gradients] == [dtype, dtype]


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_is_not_cast_to_bfloat16_under_the_mixed_policy(activation):
    inputs = [normal((2, 3)), row(0.999, 0.5, 0.0001) * np.ones((2, 1), "float32")]
    expected = PriorDrivenActivation(activation)(inputs)
    with dtype_policy("mixed_bfloat16"):
        layer = PriorDrivenActivation(activation)
    np.testing.assert_array_equal(layer(inputs), expected)
    in_bfloat16 = layer([tf.cast(each, tf.bfloat16) for each in inputs])
    rounded = [tf.cast(tf.cast(each, tf.bfloat16), tf.float32) for each in inputs]
    np.testing.assert_array_equal(in_bfloat16, layer(rounded))


@pytest.mark.parametrize("shape", [(None, 3), (None, None, 6, 3), (None, 2, 3, 4, 3)])
def test_keeps_the_shape_of_the_logits_in_functional_models(shape):
    inputs = [keras.Input(shape[1:]), keras.Input(shape[1:])]
    with dtype_policy("mixed_bfloat16"):
        y = PriorDrivenActivation()(inputs)
    assert (y.shape, y.dtype) == (shape, "float32")
    assert PriorDrivenActivation().compute_output_shape([shape, shape]) == shape


def test_survives_its_config_and_its_file(tmp_path):
    layer = PriorDrivenActivation("softmax", 1e-3, "logits", name="late")
    again = PriorDrivenActivation.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert (again.activation, again.epsilon, again.output_kind, again.name) == ("softmax", 1e-3, "logits", "late")
    inputs = [keras.Input((3,)), keras.Input((3,))]
    keras.Model(inputs, layer(inputs)).save(tmp_path / "late.keras")
    loaded = keras.saving.load_model(tmp_path / "late.keras", safe_mode=True)
    values = [normal((2, 3)), row(0.0, 0.3, 1.0) * np.ones((2, 1), "float32")]
    np.testing.assert_array_equal(loaded(values), layer(values))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"activation": "relu"}, "prior-driven activation 'relu' does not exist; expected one of sigmoid, softmax"),
        ({"output": "maps"}, "prior-driven activation has no output 'maps'; expected one of probabilities, logits"),
        ({"epsilon": 0.0}, r"prior-driven activation: expected epsilon in \(0, 0.5\), got 0.0"),
        ({"epsilon": 0.5}, r"prior-driven activation: expected epsilon in \(0, 0.5\), got 0.5"),
        ({"epsilon": float("nan")}, r"prior-driven activation: expected epsilon in \(0, 0.5\), got nan"),
    ],
)
def test_refuses_settings_that_mean_nothing(settings, message):
    with pytest.raises(TfpartialError, match=f"^{message}$"):
        PriorDrivenActivation(**settings)


@pytest.mark.parametrize("prior", [(2, 4), (2, 1), (3,), (2, 1, 3)])
def test_refuses_shapes_that_do_not_fit_each_other(prior):
    message = f"prior-driven activation: expected logits and prior of equal shapes, got logits (2, 3) and prior {prior}"
    arrays_ = [np.zeros((2, 3), "float32"), np.zeros(prior, "float32")]
    for use in (lambda: PriorDrivenActivation()(arrays_), lambda: prior_driven_logits(*arrays_)):
        with pytest.raises(TfpartialError) as caught:
            use()
        assert str(caught.value) == message


@pytest.mark.parametrize(
    ("prior", "expected"),
    [
        ((0.5, 0.5), (1 / 3, 1 / 3, 1 / 3)),
        ((0.8, 0.5), (1 / 6, 4 / 6, 1 / 6)),  # odds 4 and 1
        ((0.0, 0.0), (1.0, 1e-6, 1e-6)),
        ((1.0, 0.0), (1e-6, 1.0, 1e-12)),
    ],
)
def test_the_categorical_prior_by_hand(prior, expected):
    np.testing.assert_allclose(categorical_prior(row(*prior), 1e-6), expected, rtol=1e-5)


@pytest.mark.parametrize("organs", range(1, 12))
def test_organs_at_one_half_are_uniform_with_the_background(organs):
    uniform = np.full((2, 3, organs + 1), 1 / (organs + 1), "float32")
    np.testing.assert_array_equal(categorical_prior(np.full((2, 3, organs), 0.5, "float32")), uniform)


@given(LOGITS, arrays("float32", (2, 3), elements=st.floats(0.0078125, 0.9921875, width=32)))
def test_softmax_and_sigmoids_give_an_organ_the_same_odds_against_the_background(logits, prior):
    sigmoid = PriorDrivenActivation(output="logits")([logits, prior])
    with_background = np.concatenate([np.zeros((2, 1), "float32"), logits], axis=-1)
    inputs = [with_background, categorical_prior(prior)]
    softmax = PriorDrivenActivation("softmax", 1e-6, "logits")(inputs)
    np.testing.assert_allclose(softmax[:, 1:] - softmax[:, :1], sigmoid, atol=1e-4)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_categorical_prior_has_finite_gradients_at_zero_and_one(dtype):
    prior = tf.cast(tf.constant([[0.0, 1.0], [1.0, 1.0], [0.0, 0.0]]), dtype)
    with tf.GradientTape() as tape:
        tape.watch(prior)
        y = categorical_prior(prior)
        loss = tf.reduce_sum(tf.square(y))
    assert np.isfinite(y).all()
    assert np.isfinite(tf.cast(tape.gradient(loss, prior), tf.float32)).all()
    with pytest.raises(TfpartialError, match=r"expected epsilon in \(0, 0.5\), got 1"):
        categorical_prior(prior, 1)
