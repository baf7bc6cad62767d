"""What checksums cost: their share of the CPU time of each stage that reads or writes much.

    python -m benchmarks.checksum_cost --out benchmarks/results/checksum_cost.json

A small run, stage by stage in this process, on phantom patients. Whatever takes or compares a checksum (SHA-256 of files, CRC-32
of image shards and of the parts of zips, checksums inside JSON) is timed where it does so, in whichever thread that is.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import hashlib
import importlib
import io
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import markdown_table, report
from tfpartial import artifacts, checksums, cli
from tfpartial.data.store import store
from tfpartial.data.store.summed_file import SummedFile
from tfpartial.stages import STAGES

TAKEN: tuple[tuple[Any, str], ...] = (
    (hashlib, "file_digest"),
    (artifacts, "_checksum"),
    (checksums, "listed"),
    (store, "crc32"),
    (SummedFile, "_sum"),
    (zipfile.ZipFile, "testzip"),
)
"""Whose attribute is the function that takes a checksum, or reads a list of them."""
ALLOWED = 0.05
FOLD = "--store store --splits splits.json --annotations annotations.json"
RUN = (
    "phantom --out data --cases {cases} --size {size} {size} --workers 1",
    "ingest --dataset data --out manifest.json --workers 1",
    "split --manifest manifest.json --out splits.json --folds 2 --val_share 0.3",
    "simulate --manifest manifest.json --splits splits.json --out annotations.json --alpha 0.7",
    "prepare --manifest manifest.json --out store --size {size} {size} --workers 1",
    f"train {FOLD} --out model --network.options.width {{width}} --epochs 1 --steps_per_epoch {{steps}} --batch 4",
    f"relabel {FOLD} --model model --out labels",
    "predict --model model --manifest manifest.json --splits splits.json --out maps",
    "score --manifest manifest.json --splits splits.json --predictions maps --out scores --workers 1",
)
SHOWN = ("ingest", "prepare", "train", "relabel", "predict", "score")


class Clock:
    """Adds up the CPU time of functions, each call once where one calls another."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._inside = threading.local()
        self._lock = threading.Lock()

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, timed."""

        @functools.wraps(function)
        def call(*arguments: Any, **options: Any) -> Any:
            if getattr(self._inside, "now", False):
                return function(*arguments, **options)
            self._inside.now = True
            start = time.thread_time()
            try:
                return function(*arguments, **options)
            finally:
                self._inside.now = False
                with self._lock:
                    self.seconds += time.thread_time() - start

        return call


def main() -> None:
    arguments = _arguments()
    clock = Clock()
    for verb in SHOWN:
        importlib.import_module(f"tfpartial.{STAGES[verb].module}")
    rounds = []
    with _timed(clock):
        for _ in range(arguments.rounds):
            with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
                rounds.append(dict(_costs(clock, arguments)))
    rows = [_row(verb, [one[verb] for one in rounds]) for verb in SHOWN if verb in rounds[0]]
    report("checksums, CPU time", rows, arguments.out, ("tensorflow", "numpy", "h5py"))
    if arguments.out is not None:
        header = ("stage", "CPU time, s", "checksums, s", "share")
        cells = [(row["stage"], f"{row['cpu_s']:.2f}", f"{row['checksums_s']:.3f}", f"{row['share']:.1%}") for row in rows]
        arguments.out.with_suffix(".md").write_text(markdown_table(header, cells))


@contextlib.contextmanager
def _timed(clock: Clock) -> Iterator[None]:
    kept = [getattr(owner, name) for owner, name in TAKEN]
    for (owner, name), function in zip(TAKEN, kept, strict=True):
        setattr(owner, name, clock.timed(function))
    try:
        yield
    finally:
        for (owner, name), function in zip(TAKEN, kept, strict=True):
            setattr(owner, name, function)


def _costs(clock: Clock, arguments: argparse.Namespace) -> Iterator[tuple[str, tuple[float, float]]]:
    """Verb -> its CPU time, and that of its checksums, in seconds."""
    for line in RUN[: 1 + [line.split()[0] for line in RUN].index(arguments.until)]:
        words = line.format(**vars(arguments)).split()
        before, start = clock.seconds, time.process_time()
        with contextlib.redirect_stdout(io.StringIO()):
            status = cli.main([*words, "--quiet"])
        if status:
            raise SystemExit(f"{words[0]} ended with status {status}")
        yield words[0], (time.process_time() - start, clock.seconds - before)


def _row(verb: str, measured: list[tuple[float, float]]) -> dict[str, Any]:
    shares = [summed / whole for whole, summed in measured]
    return {
        "stage": verb,
        "cpu_s": median(whole for whole, _ in measured),
        "checksums_s": median(summed for _, summed in measured),
        "share": median(shares),
        "highest_share": max(shares),
        "allowed": ALLOWED,
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=6, help="phantom patients to draw")
    parser.add_argument("--size", type=int, default=256, help="their rows and columns")
    parser.add_argument("--width", type=int, default=16, help="of the U-Net")
    parser.add_argument("--steps", type=int, default=50, help="of the one epoch")
    parser.add_argument("--until", choices=SHOWN, default=SHOWN[-1], help="the last stage")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=lambda text: Path(text).absolute(), help="JSON file to write, and a table beside it")
    return parser.parse_args()


if __name__ == "__main__":
    main()
