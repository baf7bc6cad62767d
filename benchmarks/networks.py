"""Seconds per slice and peak memory of our networks, beside PyTorch's where the same is published there, in one run.

    python -m benchmarks.networks --peer-python /path/to/torch-venv/bin/python --out benchmarks/results/networks_cpu.json

Every measurement is a process of its own. The programs take turns, round by round, so that a busy neighbour or a warm machine
meets all of them; the median is over all steps of all rounds. PyTorch runs channels_last, with bfloat16 autocast, eager and
compiled; the ratio is to the fastest of them at the same task and precision. Networks are never quite the same in two libraries,
so each program's share of the machine's peak counts as well: its FLOP per second over those of the fastest multiplication of two
matrices, by either library. A training step has three times the products of a forward pass.

On a GPU with JAX and without TensorFlow: `KERAS_BACKEND=jax python -m benchmarks.networks --device gpu --batch 8 --out FILE`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.measure import report

ROOT = Path(__file__).resolve().parent.parent
OURS, DETERMINISTIC = "tfpartial", "tfpartial deterministic"
PASSES = {"train": 3, "forward": 1}
"""Task -> its products over those of a forward pass: the gradient takes two more."""
PEERS = {"eager": [], "compiled": ["--compile"]}


class Subject(NamedTuple):
    """A network: its name and options here, and what it is called in `benchmarks.peers.networks_torch`."""

    network: str
    options: dict[str, Any]
    peers: tuple[str, ...] = ()


SUBJECTS = {
    "unet": Subject("unet", {}, ("unet", "monai_unet")),
    "attention_unet": Subject("attention_unet", {}, ("monai_attention_unet",)),
    "mhsa": Subject("u_transformer", {"cross_attention": 0}),
    "mhca": Subject("u_transformer", {"self_attention": False}),
    "u_transformer": Subject("u_transformer", {}),
    "deeplab_v3": Subject("deeplab_v3", {}),
    "deeplab_v3_plus": Subject("deeplab_v3_plus", {}),
    "unet_resnet18": Subject("unet_resnet18", {}),
    "nnunet": Subject("nnunet", {}),
    "nnunet_attention": Subject("nnunet", {"self_attention": True, "cross_attention": 4}),
}
COMPARED = tuple(SUBJECTS)
ATTENTION = {
    f"mhca_{levels}": Subject("u_transformer", {"self_attention": False, "cross_attention": levels}) for levels in (1, 2, 3)
}
"""The cost of each level of the cross-attention; the second one also with all its voxels at 512x512."""
SUBJECTS |= ATTENTION | {
    "mhca_2_all_tokens": Subject("u_transformer", {"self_attention": False, "cross_attention": 2, "max_tokens": 64 * 64})
}


class Run(NamedTuple):
    """One process: its steps' seconds per slice, its peak memory and what of it the libraries took at their import, the network's
    parameters and the FLOP of a forward pass."""

    s_per_slice: list[float]
    peak_gib: float
    parameters: int
    flops: int
    library_gib: float


class Setting(NamedTuple):
    """What all programs of a comparison have in common."""

    subject: str
    task: str
    precision: str
    threads: int


def main() -> None:
    arguments = _arguments()
    peaks = {each: _matmul(*each, arguments) for each in product(arguments.precision, arguments.threads)}
    rows: list[dict[str, Any]] = []
    for setting in map(Setting._make, product(arguments.network, arguments.task, arguments.precision, arguments.threads)):
        runs: dict[str, list[Run]] = {}
        for _ in range(arguments.rounds):
            for name, command in _programs(SUBJECTS[setting.subject], arguments):
                try:
                    runs.setdefault(name, []).append(_run(command, setting, arguments))
                except subprocess.CalledProcessError as error:
                    if name in (OURS, DETERMINISTIC):
                        raise
                    runs.pop(name, None)
                    print(f"{name}: no row, {error}", file=sys.stderr)
        rows += _rows(setting, runs, peaks[setting.precision, setting.threads], arguments.batch)
        print(json.dumps(rows[-len(runs) :]), file=sys.stderr)
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    title = f"networks, {arguments.size}x{arguments.size}, width {arguments.width}, {arguments.device}, {backend}"
    peer = {"torch": _peer_version(arguments.peer_python)} if arguments.peer_python else {}
    report(title, rows, arguments.out, (backend, "keras"), peer)


def _programs(subject: Subject, arguments: argparse.Namespace) -> Iterator[tuple[str, list[str]]]:
    """Name and command of each contestant."""
    ours = ["-m", "benchmarks.networks_worker", "--network", subject.network, "--options", json.dumps(subject.options)]
    yield OURS, [sys.executable, *ours]
    if arguments.deterministic:
        yield DETERMINISTIC, [sys.executable, *ours, "--deterministic"]
    if arguments.peer_python:
        for network, (how, flags) in product(subject.peers, PEERS.items()):
            name = f"{'MONAI' if network.startswith('monai') else 'PyTorch'} {how}"
            yield name, [arguments.peer_python, "-m", "benchmarks.peers.networks_torch", "--network", network, *flags]


def _run(command: list[str], setting: Setting, arguments: argparse.Namespace) -> Run:
    options = {"task": setting.task, "precision": setting.precision, "threads": setting.threads, "device": arguments.device} | {
        name: getattr(arguments, name) for name in ("organs", "batch", "width", "size", "steps")
    }
    return Run(
        **_told([*command, *(part for name, value in options.items() for part in (f"--{name}", str(value)))], setting.threads)
    )


def _matmul(precision: str, threads: int, arguments: argparse.Namespace) -> float:
    """FLOP per second of the library that multiplies fastest."""
    libraries = {os.environ.get("KERAS_BACKEND", "tensorflow"): sys.executable}
    libraries |= {"torch": arguments.peer_python} if arguments.peer_python else {}
    said = ["--precision", precision, "--threads", str(threads), "--device", arguments.device]
    commands = [[python, "-m", "benchmarks.peers.matmul", "--library", name, *said] for name, python in libraries.items()]
    return max(_told(command, threads)["flop_per_s"] for command in commands for _ in range(arguments.rounds))


def _told(command: list[str], threads: int) -> Any:
    """The last line of a process, as JSON."""
    environment = {"TF_ENABLE_ONEDNN_OPTS": "1"} | os.environ | {"OMP_NUM_THREADS": str(threads)}
    finished = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(finished.stdout.splitlines()[-1])


def _rows(setting: Setting, runs: dict[str, list[Run]], peak: float, batch: int) -> Iterable[dict[str, Any]]:
    seconds = {name: median(second for run in of_one for second in run.s_per_slice) for name, of_one in runs.items()}
    shares = {name: PASSES[setting.task] * runs[name][0].flops / second / peak for name, second in seconds.items()}
    peers = [name for name in runs if name not in (OURS, DETERMINISTIC)]
    best, share = min((seconds[name] for name in peers), default=None), max((shares[name] for name in peers), default=None)
    for name, of_one in runs.items():
        steps = [second for run in of_one for second in run.s_per_slice]
        yield {
            **setting._asdict(),
            "batch": batch,
            "program": name,
            "s_per_slice": seconds[name],
            "lowest": min(steps),
            "highest": max(steps),
            "peak_gib": max(run.peak_gib for run in of_one),
            "library_gib": max(run.library_gib for run in of_one),
            "parameters": of_one[0].parameters,
            "gflop": of_one[0].flops / 1e9,
            "share_of_peak": shares[name],
            "times_peer_best": best and best / seconds[name],
            "share_over_peer_best": share and shares[name] / share,
            "peak_gflop_per_s": peak / 1e9,
        }


def _peer_version(python: str) -> str:
    command = [python, "-c", "import torch; print(torch.__version__)"]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", nargs="+", choices=tuple(SUBJECTS), default=list(COMPARED))
    parser.add_argument(
        "--peer-python", default=os.environ.get("TFPARTIAL_PEER_PYTHON"), help="interpreter with PyTorch and MONAI"
    )
    parser.add_argument("--task", nargs="+", choices=tuple(PASSES), default=list(PASSES))
    parser.add_argument("--precision", nargs="+", choices=("float32", "bfloat16"), default=["float32"])
    parser.add_argument("--threads", nargs="+", type=int, default=[os.cpu_count()])
    parser.add_argument("--device", choices=("cpu", "gpu"), default="cpu")
    parser.add_argument("--deterministic", action="store_true", help="also ours with deterministic operations")
    parser.add_argument("--organs", type=int, default=7)
    parser.add_argument("--batch", type=int, default=2, help="slices per step")
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=3, help="timed steps per process")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
