"""Run in a process of its own: the networks of a folder, on Keras's JAX backend.

    KERAS_BACKEND=jax python jax_job.py FOLDER

reads `<name>.json` (how it is built) and `<name>.npz` (weights, slices, and a slope for each logit), and writes `<name>_jax.npz`
with the logits, and with the gradients of the mean of logits times slopes in training.
"""

import json
import sys
from pathlib import Path

import jax
import keras
import numpy as np

from tfpartial import models

jax.config.update("jax_disable_most_optimizations", True)  # compiling is what takes the time


def compute(name: str, folder: Path) -> None:
    about = json.loads((folder / f"{name}.json").read_text())
    arrays = np.load(folder / f"{name}.npz")
    # Random numbers of each weight's shape would be compiled apart.
    keras.initializers.GlorotUniform.__call__ = lambda self, shape, dtype=None: keras.ops.convert_to_tensor(
        np.zeros(shape, dtype)
    )
    network = models.build(about["network"], about["num_logits"], about["input_shape"], **about["options"])
    assert [weight.path for weight in network.weights] == about["weights"]
    network.set_weights([arrays[f"weight_{number}"] for number in range(len(network.weights))])

    @jax.jit
    def outputs(trainable, fixed):
        logits, _ = network.stateless_call(trainable, fixed, arrays["slices"], training=False)

        def value(trainable):
            trained, _ = network.stateless_call(trainable, fixed, arrays["slices"], training=True)
            return (trained * arrays["slopes"]).mean()

        return logits, jax.grad(value)(trainable)

    variables = ([each.value for each in part] for part in (network.trainable_variables, network.non_trainable_variables))
    logits, gradients = outputs(*variables)
    np.savez(folder / f"{name}_jax.npz", logits=logits, **{f"gradient_{number}": each for number, each in enumerate(gradients)})


if __name__ == "__main__":
    for path in sorted(Path(sys.argv[1]).glob("*.json")):
        compute(path.stem, Path(sys.argv[1]))
