"""Run in a process of its own: the terms of the contract on Keras's JAX backend.

    KERAS_BACKEND=jax python jax_job.py FILE

writes an `.npz` file with `<term>/<activation>/<grid>/value` and `/gradient` of each.
"""

import itertools
import sys
from functools import partial

import jax
import numpy as np

from tests.losses.contract.table import ACTIVATIONS, GRIDS, ROWS, random_sample

jax.config.update("jax_disable_most_optimizations", True)  # compiling is what takes the time


def compute(path: str) -> None:
    found = {}
    for name, activation, grid in itertools.product(ROWS, ACTIVATIONS, GRIDS):
        sample, term = random_sample(activation, grid), ROWS[name].build(activation)
        value_of = partial(lambda term, sample, logits: term(sample.inputs(logits)), term, sample)
        value, gradient = jax.jit(jax.value_and_grad(value_of))(sample.logits)
        found |= {f"{name}/{activation}/{grid}/value": value, f"{name}/{activation}/{grid}/gradient": gradient}
    np.savez(path, **found)


if __name__ == "__main__":
    compute(sys.argv[1])
