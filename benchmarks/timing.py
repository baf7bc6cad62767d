"""What the timed processes of `benchmarks.networks` share, ours and the peer's. The standard library is all that both have."""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from typing import Any

WARM_UP = 2


def worker_arguments(description: str | None) -> argparse.ArgumentParser:
    """The options that `benchmarks.networks` gives to every process."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--network", required=True)
    parser.add_argument("--task", choices=("train", "forward"), required=True)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), required=True)
    parser.add_argument("--device", choices=("cpu", "gpu"), required=True)
    for name in ("organs", "batch", "width", "size", "steps", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    return parser


def peak_rss() -> int:
    """The most memory that this process has had, in bytes: the code of its libraries, too."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure(step: Callable[[], Any], steps: int, batch: int, peak_bytes: Callable[[], int] | None = None, **facts: Any) -> None:
    """Runs `step` and prints one JSON line: the seconds per slice of each step, the peak memory, and `facts`.

    Args:
        step: does a step, and waits for its end.
        steps: how many are timed, after those that warm up.
        batch: slices per step.
        peak_bytes: tells the peak of the device's memory; none takes the peak of this process.
        facts: what else is told of the network.
    """
    for _ in range(WARM_UP):
        step()
    seconds = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        seconds.append((time.perf_counter() - start) / batch)
    peak = (peak_bytes or peak_rss)()
    print(json.dumps({"s_per_slice": seconds, "peak_gib": peak / 2**30, **facts}))
