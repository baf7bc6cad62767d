"""The networks on Keras's JAX backend: the same logits and gradients from the same weights."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def by_jax(table, subject_of, tmp_path_factory):
    """The folder with what the job read and wrote: one process for all networks."""
    pytest.importorskip("jax")
    folder = tmp_path_factory.mktemp("jax")
    for name in table:
        subject = subject_of(name)
        slopes = np.random.default_rng(2).normal(size=(2, *subject.row.sides, 3)).astype("float32")
        weights = {f"weight_{number}": weight for number, weight in enumerate(subject.network.get_weights())}
        np.savez(folder / f"{name}.npz", slices=subject.slices, slopes=slopes, **weights)
        about = {"network": name, "num_logits": 3, "input_shape": subject.shape, "options": subject.row.options}
        paths = [weight.path for weight in subject.network.weights]
        (folder / f"{name}.json").write_text(json.dumps({**about, "weights": paths}))
    without = tmp_path_factory.mktemp("without")
    (without / "tensorflow.py").write_text("raise ImportError('the networks must do without TensorFlow')")
    path = os.pathsep.join([str(without), str(ROOT)])
    environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "PYTHONPATH": path}
    job = [sys.executable, str(Path(__file__).with_name("jax_job.py")), str(folder)]
    result = subprocess.run(job, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.mark.slow
def test_jax_gives_the_same_logits_and_gradients(subject, by_jax):
    read, written = (np.load(by_jax / f"{subject.name}{ending}.npz") for ending in ("", "_jax"))
    np.testing.assert_allclose(written["logits"], subject.network(subject.slices), rtol=1e-3, atol=1e-4)
    network = subject.build()
    network.set_weights(subject.network.get_weights())
    with tf.GradientTape() as tape:
        value = tf.reduce_mean(network(subject.slices, training=True) * read["slopes"])
    gradients = tape.gradient(value, network.trainable_variables)
    for number, (variable, gradient) in enumerate(zip(network.trainable_variables, gradients, strict=True)):
        other, largest = written[f"gradient_{number}"], float(np.abs(gradient).max())
        np.testing.assert_allclose(other, gradient, atol=0.05 * largest + 1e-6, err_msg=variable.path)
    assert max(float(np.abs(keras.ops.convert_to_numpy(each)).max()) for each in gradients) > 1e-3
