"""What deriving the weight maps in the compiled step costs.

    python -m benchmarks.weight_maps --out benchmarks/results/weight_maps_cpu.json

Three steps train one network on the same slices and take turns. `certain` starts from uint8 label maps and annotated sets;
`plain` is Keras's own binary cross entropy on float32 targets that lie ready on the device; `given` is our loss on targets and
weight maps that do. Times are seconds per slice; the cost is the median over the rounds, against each of the two.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import keras
import tensorflow as tf

from benchmarks.measure import report
from tfpartial.losses import PartialBinaryCrossentropy, targets_and_weights
from tfpartial.models import build
from tfpartial.segmenter.precision import choose_jit, choose_policy, dtype_policy

NUM_ORGANS = 7
TARGET_PERCENT = 3.0
"""Highest cost asked for."""
WARM_UP = 2


def main() -> None:
    arguments = _arguments()
    rows = [_compare(width, arguments) for width in arguments.width]
    size = arguments.size
    report(f"weight maps in the step, U-Net {size}x{size}, {NUM_ORGANS} organs", rows, arguments.out, ("tensorflow", "keras"))


def _compare(width: int, arguments: argparse.Namespace) -> dict[str, Any]:
    policy = choose_policy("auto")
    with dtype_policy(policy):
        network = build("unet", NUM_ORGANS, (arguments.size, arguments.size, 1), width=width)
    steps = _steps(network, arguments.batch, arguments.size)
    for _ in range(WARM_UP):
        for step in steps.values():
            step()
    rounds = [{name: _seconds(step) for name, step in steps.items()} for _ in range(arguments.rounds)]
    return {
        "width": width,
        "precision": policy,
        "batch": arguments.batch,
        **{f"{name}_s": median(one[name] for one in rounds) / arguments.batch for name in steps},
        **{
            f"over_{name}_percent": median(100 * (one["certain"] / one[name] - 1) for one in rounds)
            for name in ("plain", "given")
        },
        "target_percent": TARGET_PERCENT,
    }


def _steps(network: keras.Model, batch: int, size: int) -> dict[str, Callable[[], Any]]:
    """The compiled training steps on one batch, by name."""
    slices = tf.random.normal((batch, size, size, 1))
    label = tf.cast(tf.random.uniform((batch, size, size), 0, NUM_ORGANS + 1, tf.int32), tf.uint8)
    annotated = tf.random.uniform((batch, NUM_ORGANS)) < 0.5
    targets, weights = targets_and_weights(label, annotated, NUM_ORGANS)
    optimizer = keras.optimizers.Adam(1e-4)
    optimizer.build(network.trainable_variables)
    plain_loss, partial_loss = keras.losses.BinaryCrossentropy(from_logits=True), PartialBinaryCrossentropy()

    def certain(logits: Any) -> Any:
        derived, certainty = targets_and_weights(label, annotated, NUM_ORGANS)
        return partial_loss(derived, logits, sample_weight=certainty)

    def compiled(loss: Callable[[Any], Any]) -> Callable[[], Any]:
        @tf.function(autograph=False, jit_compile=choose_jit("auto"))
        def step() -> Any:
            with tf.GradientTape() as tape:
                value = loss(network(slices, training=True))
            optimizer.apply(tape.gradient(value, network.trainable_variables), network.trainable_variables)
            return value

        return step

    return {
        "plain": compiled(lambda logits: plain_loss(targets, logits)),
        "given": compiled(lambda logits: partial_loss(targets, logits, sample_weight=weights)),
        "certain": compiled(certain),
    }


def _seconds(step: Callable[[], Any]) -> float:
    start = time.perf_counter()
    step().numpy()
    return time.perf_counter() - start


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, nargs="+", default=[64, 16], help="filters of the first block")
    parser.add_argument("--batch", type=int, default=2, help="slices per step")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
