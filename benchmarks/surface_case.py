"""What every contestant of `benchmarks.surface` gets and gives: one case from a file, its metrics and seconds on standard output.

NumPy only: it runs under the peers' interpreter as well.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

Metrics = dict[str, float]


class Case(NamedTuple):
    """Two label maps uint8 `[Z, Y, X]` with organs 1..K, their spacing (z, y, x), and the tolerance of the surface Dice."""

    reference: np.ndarray
    prediction: np.ndarray
    spacing_mm: tuple[float, ...]
    tolerance_mm: float
    organs: int


def write_case(path: Path, case: Case) -> None:
    """Writes a case as `.npz`."""
    np.savez(path, **case._asdict())


def measure(score: Callable[[Case], Sequence[Metrics]]) -> None:
    """Times `score` on the case that the command line names, a small part of it first; prints the metrics of each organ."""
    content = np.load(sys.argv[1])
    labels = content["reference"], content["prediction"]
    case = Case(*labels, tuple(content["spacing_mm"].tolist()), float(content["tolerance_mm"]), int(content["organs"]))
    few = slice(len(labels[0]) // 2, len(labels[0]) // 2 + 2)
    score(case._replace(reference=labels[0][few], prediction=labels[1][few]))  # imports what is lazy
    start, cpu_start = time.perf_counter(), time.process_time()
    metrics = score(case)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_gib": _peak_gib(), "metrics": metrics}))


def by_organ(score: Callable[[np.ndarray, np.ndarray, Case], Metrics]) -> Callable[[Case], Sequence[Metrics]]:
    """For a contestant that takes one pair of masks; an organ that either label map lacks has no metrics."""

    def score_all(case: Case) -> list[Metrics]:
        pairs = ((case.reference == organ, case.prediction == organ) for organ in range(1, case.organs + 1))
        return [score(*pair, case) if pair[0].any() and pair[1].any() else {} for pair in pairs]

    return score_all


def _peak_gib() -> float:
    """The kernel's peak of this process; `getrusage` would count what the parent had when it started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20
