"""The fastest multiplication of two matrices by one library, in FLOP per second: what a network could reach at most.

`benchmarks.networks` starts it, under the interpreter that has the library.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

STEPS = 12
SIDES = {"cpu": 2048, "gpu": 8192}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", choices=tuple(LIBRARIES), required=True)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), required=True)
    parser.add_argument("--device", choices=tuple(SIDES), required=True)
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    side = SIDES[arguments.device]
    multiply = LIBRARIES[arguments.library](side, arguments)
    multiply()
    seconds = []
    for _ in range(STEPS):
        start = time.perf_counter()
        multiply()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"flop_per_s": 2 * side**3 / min(seconds)}))


def by_tensorflow(side: int, arguments: argparse.Namespace) -> Callable[[], Any]:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    matrix = tf.cast(tf.random.normal((side, side)), arguments.precision)
    product = tf.function(lambda: tf.reduce_sum(tf.matmul(matrix, matrix)[:1, :1]))
    return lambda: product().numpy()


def by_jax(side: int, arguments: argparse.Namespace) -> Callable[[], Any]:
    import jax

    matrix = jax.random.normal(jax.random.key(0), (side, side)).astype(arguments.precision)
    product = jax.jit(lambda a: a @ a)
    return lambda: product(matrix).block_until_ready()


def by_torch(side: int, arguments: argparse.Namespace) -> Callable[[], Any]:
    import torch

    torch.set_num_threads(arguments.threads)
    device = "cuda" if arguments.device == "gpu" else "cpu"
    matrix = torch.randn(side, side, device=device).to(getattr(torch, arguments.precision))
    return lambda: (matrix @ matrix)[0, 0].item()


LIBRARIES = {"tensorflow": by_tensorflow, "jax": by_jax, "torch": by_torch}


if __name__ == "__main__":
    main()
