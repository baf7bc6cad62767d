"""Seconds per slice and peak memory of the U-Net of Table A.1, beside the same network in PyTorch, in one run.

    python -m benchmarks.unet --peer-python /path/to/torch-venv/bin/python --out benchmarks/results/unet_cpu.json

Every measurement is a process of its own. The contestants take turns, round by round, so that a busy neighbour or a warm machine
meets all of them; the median is over all steps of all rounds. PyTorch runs channels_last, with bfloat16 autocast, eager and
compiled; the ratio is to the faster of the two at the same task and precision.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.measure import report

ROOT = Path(__file__).resolve().parent.parent
OURS = "tfpartial"
TARGETS = {"train": 1.2, "forward": 1.35}
"""Times as fast as the peer's best."""


class Run(NamedTuple):
    """One process: its steps' seconds per slice, and its peak memory."""

    s_per_slice: list[float]
    peak_gib: float


def main() -> None:
    arguments = _arguments()
    contestants = {
        OURS: [sys.executable, "-m", "benchmarks.unet_worker"],
        "PyTorch eager": [arguments.peer_python, "-m", "benchmarks.peers.unet_torch"],
        "PyTorch compiled": [arguments.peer_python, "-m", "benchmarks.peers.unet_torch", "--compile"],
    }
    rows = []
    for precision in arguments.precision:
        for task in arguments.task:
            runs: dict[str, list[Run]] = {name: [] for name in contestants}
            for _ in range(arguments.rounds):
                for name, command in contestants.items():
                    runs[name].append(_run(command, task, precision, arguments))
            rows += list(_rows(task, precision, arguments.batch, runs))
    title = f"U-Net {arguments.size}x{arguments.size}, width {arguments.width}, {arguments.threads} threads"
    report(title, rows, arguments.out, ("tensorflow", "keras"), {"torch": _peer_version(arguments.peer_python)})


def _run(command: list[str], task: str, precision: str, arguments: argparse.Namespace) -> Run:
    options = {"task": task, "precision": precision} | {
        name: getattr(arguments, name) for name in ("batch", "width", "size", "steps", "threads")
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    threads = {"OMP_NUM_THREADS": str(arguments.threads)}
    finished = subprocess.run(
        [*command, *flags], cwd=ROOT, env=os.environ | threads, stdout=subprocess.PIPE, text=True, check=True
    )
    return Run(**json.loads(finished.stdout.splitlines()[-1]))


def _rows(task: str, precision: str, batch: int, runs: dict[str, list[Run]]) -> Iterable[dict[str, Any]]:
    seconds = {name: [second for run in of_one for second in run.s_per_slice] for name, of_one in runs.items()}
    best_peer = min(median(of_one) for name, of_one in seconds.items() if name != OURS)
    for name, of_one in seconds.items():
        yield {
            "task": task,
            "precision": precision,
            "batch": batch,
            "network": name,
            "s_per_slice": median(of_one),
            "lowest": min(of_one),
            "highest": max(of_one),
            "peak_gib": max(run.peak_gib for run in runs[name]),
            "times_peer_best": best_peer / median(of_one),
            "target": TARGETS[task] if name == OURS else "",
        }


def _peer_version(python: str) -> str:
    command = [python, "-c", "import torch; print(torch.__version__)"]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", default=os.environ.get("TFPARTIAL_PEER_PYTHON"), help="interpreter with PyTorch")
    parser.add_argument("--task", nargs="+", choices=tuple(TARGETS), default=list(TARGETS))
    parser.add_argument("--precision", nargs="+", choices=("float32", "bfloat16"), default=["float32", "bfloat16"])
    parser.add_argument("--batch", type=int, default=2, help="slices per step")
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--steps", type=int, default=5, help="timed steps per process")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    arguments = parser.parse_args()
    if not arguments.peer_python:
        parser.error("expected --peer-python, or TFPARTIAL_PEER_PYTHON in the environment: an interpreter that has PyTorch")
    return arguments


if __name__ == "__main__":
    main()
