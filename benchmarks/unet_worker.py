"""One process of `benchmarks.unet`: times our U-Net, as the graphs that train and predict on a CPU (no XLA)."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from benchmarks.timing import measure, worker_arguments
from tfpartial.losses import PartialBinaryCrossentropy
from tfpartial.models import build

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
NUM_ORGANS = 7


def main() -> None:
    arguments = worker_arguments(__doc__).parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    keras.config.set_dtype_policy(POLICIES[arguments.precision])
    network = build("unet", NUM_ORGANS, (arguments.size, arguments.size, 1), width=arguments.width)
    grid = (arguments.batch, arguments.size, arguments.size)
    slices = tf.random.normal((*grid, 1))
    targets = tf.cast(tf.random.uniform((*grid, NUM_ORGANS)) < 0.05, tf.float32)
    loss = PartialBinaryCrossentropy(reduction="batch_mean")
    optimizer = keras.optimizers.Adam(1e-4)
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
    measure(lambda: step().numpy(), arguments.steps, arguments.batch)


if __name__ == "__main__":
    main()
