"""One process of `benchmarks.networks`: times one of our networks under TensorFlow or JAX.

Under TensorFlow they are the graphs that train and predict on a CPU (no XLA); JAX always compiles with XLA. `KERAS_BACKEND` says
which; where it is `jax`, TensorFlow need not be there.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

import keras

from benchmarks.timing import measure, peak_rss, worker_arguments
from tfpartial.inspection.costs import costs_of, total_of
from tfpartial.inspection.graph import steps_of
from tfpartial.losses import PartialBinaryCrossentropy
from tfpartial.models import build

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
RATE = 1e-4
Step = Callable[[], Any]


def main() -> None:
    parser = worker_arguments(__doc__)
    parser.add_argument("--options", type=json.loads, default={}, help="the network's own, as JSON")
    parser.add_argument("--deterministic", action="store_true")
    arguments = parser.parse_args()
    library_gib = peak_rss() / 2**30
    steps = steps_of_jax if keras.backend.backend() == "jax" else steps_of_tensorflow
    keras.config.set_dtype_policy(POLICIES[arguments.precision])
    step, peak_bytes, network = steps(arguments)
    costs = total_of(costs_of(steps_of(network)), batch=1)
    told = {"parameters": costs["parameters"], "flops": costs["flops"], "library_gib": library_gib}
    measure(step, arguments.steps, arguments.batch, peak_bytes if arguments.device == "gpu" else None, **told)


def made(arguments: argparse.Namespace) -> keras.Model:
    """The network, with random weights."""
    size = (arguments.size, arguments.size, 1)
    return build(arguments.network, arguments.organs, size, width=arguments.width, **arguments.options)


def grid(arguments: argparse.Namespace) -> tuple[int, int, int]:
    """Shape of a batch without channels."""
    return (arguments.batch, arguments.size, arguments.size)


def steps_of_tensorflow(arguments: argparse.Namespace) -> tuple[Step, Callable[[], int], keras.Model]:
    """A step, the peak of the device's memory in bytes, and the network."""
    import tensorflow as tf  # not where JAX is measured

    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    if arguments.deterministic:
        keras.utils.set_random_seed(0)
        tf.config.experimental.enable_op_determinism()
    network = made(arguments)
    slices = tf.random.normal((*grid(arguments), 1))
    targets = tf.cast(tf.random.uniform((*grid(arguments), arguments.organs)) < 0.05, tf.float32)
    loss, optimizer = PartialBinaryCrossentropy(reduction="batch_mean"), keras.optimizers.Adam(RATE)
    if arguments.task == "train":
        optimizer.build(network.trainable_variables)

    @tf.function(autograph=False)
    def train() -> Any:
        with tf.GradientTape() as tape:
            value = loss(targets, network(slices, training=True))
        variables = network.trainable_variables
        optimizer.apply(tape.gradient(value, variables), variables)
        return value

    @tf.function(autograph=False)
    def forward() -> Any:
        return network(slices, training=False)

    step = train if arguments.task == "train" else forward
    return lambda: step().numpy(), lambda: tf.config.experimental.get_memory_info("GPU:0")["peak"], network


def steps_of_jax(arguments: argparse.Namespace) -> tuple[Step, Callable[[], int], keras.Model]:
    """As `steps_of_tensorflow`."""
    import jax  # not where TensorFlow is measured

    network = made(arguments)
    slices = jax.random.normal(jax.random.key(0), (*grid(arguments), 1))
    targets = (jax.random.uniform(jax.random.key(1), (*grid(arguments), arguments.organs)) < 0.05).astype("float32")
    loss, optimizer = PartialBinaryCrossentropy(reduction="batch_mean"), keras.optimizers.Adam(RATE)
    if arguments.task == "train":
        optimizer.build(network.trainable_variables)

    def error(trainable: Any, others: Any) -> Any:
        logits, others = network.stateless_call(trainable, others, slices, training=True)
        return loss(targets, logits), others

    @jax.jit
    def train(trainable: Any, others: Any, slots: Any) -> Any:
        (value, others), gradients = jax.value_and_grad(error, has_aux=True)(trainable, others)
        trainable, slots = optimizer.stateless_apply(slots, gradients, trainable)
        return value, (trainable, others, slots)

    @jax.jit
    def forward(trainable: Any, others: Any) -> Any:
        return network.stateless_call(trainable, others, slices, training=False)[0]

    trainable = [variable.value for variable in network.trainable_variables]
    state = [trainable, [variable.value for variable in network.non_trainable_variables], [v.value for v in optimizer.variables]]

    def step() -> Any:
        if arguments.task == "forward":
            return forward(state[0], state[1]).block_until_ready()
        value, state[:] = train(*state)
        return value.block_until_ready()

    return step, lambda: jax.local_devices()[0].memory_stats()["peak_bytes_in_use"], network


if __name__ == "__main__":
    main()
