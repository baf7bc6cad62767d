"""What the timed processes of `benchmarks.unet` share, ours and the peer's. The standard library is all that both have."""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from typing import Any

WARM_UP = 2


def worker_arguments(description: str | None) -> argparse.ArgumentParser:
    """The options that `benchmarks.unet` gives to every process."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--task", choices=("train", "forward"), required=True)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), required=True)
    for name in ("batch", "width", "size", "steps", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    return parser


def measure(step: Callable[[], Any], steps: int, batch: int) -> None:
    """Runs `step` and prints one JSON line: the seconds per slice of each step, and the peak memory of this process."""
    for _ in range(WARM_UP):
        step()
    seconds = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        seconds.append((time.perf_counter() - start) / batch)
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"s_per_slice": seconds, "peak_gib": peak_kib / 2**20}))
