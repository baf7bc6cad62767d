"""What every term of `ROWS` owes: right gradients, the same on every backend, finite numbers, nothing from voxels not its own."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.losses.contract.table import ACTIVATIONS, GRIDS, ROWS, K, Sample, random_sample, sample_of

ROOT = Path(__file__).parents[3]

every_term = pytest.mark.parametrize("name", ROWS)
both_activations = pytest.mark.parametrize("activation", ACTIVATIONS)
every_grid = pytest.mark.parametrize("grid", GRIDS)


def value_and_gradient(term, sample, logits):
    logits = tf.convert_to_tensor(logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = term(sample.inputs(logits))
    return value, tape.gradient(value, logits, unconnected_gradients="zero")


def central_differences(term, sample, logits, step=1e-5):
    value = tf.function(lambda logits: term(sample.inputs(logits)))  # called for every logit, twice
    slopes = np.zeros(logits.shape)
    for place in np.ndindex(logits.shape):
        above, below = logits.copy(), logits.copy()
        above[place] += step
        below[place] -= step
        slopes[place] = (float(value(tf.constant(above))) - float(value(tf.constant(below)))) / (2 * step)
    return slopes


@every_term
@both_activations
@every_grid
def test_the_gradient_is_that_of_central_differences(name, activation, grid):
    sample, term = random_sample(activation, grid), ROWS[name].build(activation)
    logits = sample.logits.astype("float64")
    value, gradient = value_and_gradient(term, sample, logits)
    assert value.dtype == tf.float64 and value.shape == ()
    expected = central_differences(term, sample, logits)
    assert np.abs(expected).max() > 1e-4, "it is a gradient at all"
    np.testing.assert_allclose(gradient.numpy(), expected, rtol=1e-4, atol=1e-9)


@every_term
@both_activations
@pytest.mark.parametrize("jit_compile", [False, True])
def test_the_compiled_term_is_the_eager_one(name, activation, jit_compile):
    sample, term = random_sample(activation, "2D"), ROWS[name].build(activation)
    eager = value_and_gradient(term, sample, sample.logits)
    compiled = tf.function(lambda logits: value_and_gradient(term, sample, logits), jit_compile=jit_compile)
    for one, other in zip(eager, compiled(sample.logits), strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-5, atol=1e-7)


@pytest.fixture(scope="module")
def by_jax(tmp_path_factory):
    """Values and gradients of all terms, by one process that has no TensorFlow."""
    pytest.importorskip("jax")
    without = tmp_path_factory.mktemp("without")
    (without / "tensorflow.py").write_text("raise ImportError('the terms must do without TensorFlow')")
    path = os.pathsep.join([str(without), str(ROOT)])
    environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "PYTHONPATH": path}
    job = [sys.executable, str(Path(__file__).with_name("jax_job.py")), str(without / "jax.npz")]
    result = subprocess.run(job, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    with np.load(without / "jax.npz") as file:
        return dict(file)


@pytest.mark.slow
@every_term
@both_activations
@every_grid
def test_jax_gives_the_same_value_and_gradient(name, activation, grid, by_jax):
    sample, term = random_sample(activation, grid), ROWS[name].build(activation)
    for what, expected in zip(("value", "gradient"), value_and_gradient(term, sample, sample.logits), strict=True):
        np.testing.assert_allclose(by_jax[f"{name}/{activation}/{grid}/{what}"], expected.numpy(), rtol=1e-4, atol=1e-6)


@every_term
@both_activations
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("size", [2.0, 50.0, 1e4])
def test_value_and_gradient_are_finite(name, activation, dtype, size):
    """At 1e4 the probabilities are 0 and 1; some are so everywhere."""
    sample, term = random_sample(activation, "2D"), ROWS[name].build(activation)
    for logits in (np.sign(sample.logits) * size, np.full_like(sample.logits, size), np.full_like(sample.logits, -size)):
        value, gradient = value_and_gradient(term, sample, tf.cast(logits, dtype))
        assert value.dtype == tf.float32 and np.isfinite(value.numpy())
        assert gradient.dtype == dtype and np.isfinite(tf.cast(gradient, "float32").numpy()).all()


@every_term
@both_activations
def test_half_precision_ends_where_the_term_begins(name, activation):
    sample, term = random_sample(activation, "2D"), ROWS[name].build(activation)
    half = tf.cast(sample.logits, "bfloat16")
    assert float(term(sample.inputs(half))) == float(term(sample.inputs(tf.cast(half, "float32"))))


labels = hnp.arrays(np.uint8, GRIDS["2D"], elements=st.sampled_from([0, 1, 2, 3, 255]))
annotated_sets = hnp.arrays(bool, (GRIDS["2D"][0], K))


@every_term
@both_activations
@given(label=labels, annotated=annotated_sets, seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=15)
def test_voxels_that_it_does_not_read_change_neither_loss_nor_gradient(name, activation, label, annotated, seed):
    sample, term = sample_of(label, annotated, activation, seed), ROWS[name].build(activation)
    unread = ~ROWS[name].reads(sample)
    random = np.random.default_rng(seed)
    other = np.where(unread, random.normal(scale=30.0, size=unread.shape), sample.logits).astype("float32")
    hidden = sample.weights == 0
    targets = np.where(hidden, random.integers(0, 2, hidden.shape), sample.targets).astype("float32")
    moved = Sample(targets, sample.weights, sample.annotated, other)
    before, after = value_and_gradient(term, sample, sample.logits), value_and_gradient(term, moved, other)
    np.testing.assert_array_equal(before[1].numpy()[unread], 0.0)
    for one, two in zip(before, after, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())


@every_term
@both_activations
@pytest.mark.parametrize("certain", [False, True])
def test_without_a_voxel_to_read_it_is_0(name, activation, certain):
    label = np.full(GRIDS["2D"], 0 if certain else 255, "uint8")
    sample = sample_of(label, np.ones((GRIDS["2D"][0], K), bool), activation, seed=0)
    if not ROWS[name].reads(sample).any():
        value, gradient = value_and_gradient(ROWS[name].build(activation), sample, sample.logits)
        assert float(value) == 0
        np.testing.assert_array_equal(gradient.numpy(), 0.0)
    else:
        assert float(ROWS[name].build(activation)(sample.inputs(sample.logits))) != 0
