"""What a term of the loss costs of a training step.

    python -m benchmarks.losses --out benchmarks/results/losses_cpu.json

Steps that train one U-Net on the same slices take turns: `bce` alone, and with each term beside it. One voxel in ten has a label,
and no organ is annotated. Times are seconds per slice; the cost is the median over the rounds, against `bce` alone of the same
round.
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
from tfpartial.config import LossConfig
from tfpartial.models import build
from tfpartial.segmenter.precision import choose_jit, choose_policy, dtype_policy
from tfpartial.training import Objective

ORGANS = tuple(f"organ {number}" for number in range(1, 8))
TERMS: dict[str, dict[str, Any]] = {
    "crf": {},
    "crf, both": {"pairs": "both"},
    "laplacian": {},
    "size": {"bounds_mm2": dict.fromkeys(ORGANS, (0.0, 5000.0))},
}
"""What is measured -> options; a name is a term's, and what is particular after a comma."""
TARGET_PERCENT = 30.0
"""Highest cost asked for, of `crf`."""
WARM_UP = 2


def main() -> None:
    arguments = _arguments()
    policy = choose_policy("auto")
    with dtype_policy(policy):
        network = build("unet", len(ORGANS), (arguments.size, arguments.size, 1), width=arguments.width)
    steps = _steps(network, arguments)
    for _ in range(WARM_UP):
        for step in steps.values():
            step()
    rounds = [{name: _seconds(step) for name, step in steps.items()} for _ in range(arguments.rounds)]
    rows = [
        {
            "terms": name,
            "precision": policy,
            "batch": arguments.batch,
            "s_per_slice": median(one[name] for one in rounds) / arguments.batch,
            "over_bce_percent": median(100 * (one[name] / one["bce"] - 1) for one in rounds),
            "target_percent": TARGET_PERCENT if name == "bce + crf" else None,
        }
        for name in steps
    ]
    size = f"{arguments.size}x{arguments.size}"
    report(f"loss terms in the step, U-Net {size}, width {arguments.width}", rows, arguments.out, ("tensorflow", "keras"))


def _steps(network: keras.Model, arguments: argparse.Namespace) -> dict[str, Callable[[], Any]]:
    """The compiled training steps on one batch, by name."""
    grid = (arguments.batch, arguments.size, arguments.size)
    drawn = tf.random.uniform(grid, 0, 10 * len(ORGANS) + 1, tf.int32)
    batch = {
        "image": tf.random.normal((*grid, 1)),
        "label": tf.cast(tf.where(drawn <= len(ORGANS), drawn, 0), tf.uint8),
        "annotated": tf.zeros((arguments.batch, len(ORGANS)), tf.bool),
        "spacing_mm": tf.fill((arguments.batch, 3), 0.8),
    }
    optimizer = keras.optimizers.Adam(1e-4)
    optimizer.build(network.trainable_variables)

    def compiled(terms: dict[str, Any]) -> Callable[[], Any]:
        objective = Objective("certain", len(ORGANS), LossConfig(terms))
        objective.set_organs(ORGANS)

        @tf.function(autograph=False, jit_compile=choose_jit("auto"))
        def step() -> Any:
            with tf.GradientTape() as tape:
                value = objective(batch, network(batch["image"], training=True))["loss"]
            optimizer.apply(tape.gradient(value, network.trainable_variables), network.trainable_variables)
            return value

        return step

    weak: dict[str, dict[str, Any]] = {
        f"bce + {name}": {"bce": {}, name.partition(",")[0]: TERMS[name]} for name in arguments.terms
    }
    return {name: compiled(terms) for name, terms in {"bce": {"bce": {}}, **weak}.items()}


def _seconds(step: Callable[[], Any]) -> float:
    start = time.perf_counter()
    step().numpy()
    return time.perf_counter() - start


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--terms", nargs="+", choices=TERMS, default=list(TERMS))
    parser.add_argument("--width", type=int, default=64, help="filters of the first block")
    parser.add_argument("--batch", type=int, default=1, help="slices per step")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
