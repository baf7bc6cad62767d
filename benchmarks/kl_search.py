"""The KL divergences of all translations of a window, by `kl_map`, by SciPy's FFT of whole volumes, and one by one.

    python -m benchmarks.kl_search --out benchmarks/results/kl_search.json

An organ of about 150 x 120 x 60 voxels in a CT volume; the probability is a blurred, noisy organ that lies `MOVED` away. Every
contender is a process of its own: `peak_mib` counts its libraries and the two volumes (250 MiB) too. One by one means the
definition, in NumPy over the whole volume; only some seeded translations are timed, the true one among them, and their time is
extrapolated to the window (`extrapolated_from`). `apart` is the largest relative difference from their divergences, which must
not exceed `AGREED`; `offset` is where the lowest divergence lies, of all translations or of those that were timed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from scipy.signal import fftconvolve
from scipy.special import expit, rel_entr

from benchmarks.measure import peak_rss_mib, report
from tfpartial.artifacts import read_json, write_json

ORGAN_ZYX = (60, 120, 150)
MOVED = (-7, 12, -18)
EPSILON = 1e-6
AGREED = 1e-4
PACKAGES = ("tensorflow", "keras", "numpy", "scipy")
OURS, SCIPY, ONE_BY_ONE = "tfpartial", "scipy fftconvolve, whole volumes", "numpy, one by one"

Offset = tuple[int, ...]


class Case(NamedTuple):
    """Reference uint8 and probability float32 `[Z, Y, X]`, the window in voxels, and the translations that all must tell."""

    reference: np.ndarray
    probability: np.ndarray
    window: int
    timed: list[Offset]


def main() -> None:
    arguments = _arguments()
    if arguments.contender:
        _work(arguments)
        return
    size = arguments.slices, arguments.size, arguments.size
    with tempfile.TemporaryDirectory() as folder:
        case = Path(folder, "case.npz")
        timed = _translations(arguments.window, arguments.translations)
        reference, probability = _draw(size)
        np.savez(case, reference=reference, probability=probability, window=arguments.window, timed=timed)
        runs = {name: _run(name, case, Path(folder, "run.json"), arguments.rounds) for name in CONTENDERS}
    rows = _rows(runs, arguments.window)
    if any(row["apart"] > AGREED for row in rows):
        raise AssertionError(f"the contenders' divergences differ by more than {AGREED}: {[row['apart'] for row in rows]}")
    title = f"kl search, {size[2]}x{size[1]}x{size[0]}, window ±{arguments.window}"
    report(title, rows, arguments.out, PACKAGES)


def _draw(size: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Two ellipsoids, one of them blurred and with noise both in the organ's outline and all over the volume."""
    random = np.random.default_rng(0)
    radii = [_radius(size, offset).astype(np.float32) for offset in ((0, 0, 0), tuple(-step for step in MOVED))]
    logits = 12 * (1 - radii[1]) + random.standard_normal(size, np.float32)
    probability = (expit(logits) + 0.01 * random.random(size, np.float32)).clip(0, 1)
    return (radii[0] < 1).astype(np.uint8), probability


def _radius(size: tuple[int, ...], offset: Offset) -> np.ndarray:
    """From the middle of the volume, moved by an offset, in radii of the organ."""
    axes = zip(size, offset, ORGAN_ZYX, strict=True)
    squares = [((np.arange(side) - side / 2 - step) / (organ / 2)) ** 2 for side, step, organ in axes]
    return np.sqrt(squares[0][:, None, None] + squares[1][:, None] + squares[2])


def _translations(window: int, count: int) -> list[Offset]:
    """The true one and some others of the window."""
    true = tuple(int(np.clip(step, -window, window)) for step in MOVED)
    return [true, *map(tuple, np.random.default_rng(0).integers(-window, window + 1, (count - 1, 3)).tolist())]


def _run(contender: str, case: Path, out: Path, rounds: int) -> dict[str, Any]:
    words = ["--contender", contender, "--case", str(case), "--out", str(out), "--rounds", str(rounds)]
    peak_mib, _ = peak_rss_mib([sys.executable, "-m", "benchmarks.kl_search", *words], children=False)
    return {**read_json(out, "what a contender measured"), "peak_mib": peak_mib}


def _rows(runs: dict[str, dict[str, Any]], window: int) -> list[dict[str, Any]]:
    truth = np.array(runs[ONE_BY_ONE]["divergences"])
    every = (2 * window + 1) ** 3
    share = {ONE_BY_ONE: every / len(truth)}
    seconds = {name: run["seconds"] * share.get(name, 1) for name, run in runs.items()}
    return [
        {
            "contender": name,
            "seconds": seconds[name],
            "cpu_seconds": run["cpu_seconds"] * share.get(name, 1),
            "extrapolated_from": f"{len(truth)} of {every} translations" if name in share else "",
            "times_ours": seconds[name] / seconds[OURS],
            "peak_mib": run["peak_mib"],
            "offset": run["offset"],
            "apart": float(np.abs(np.array(run["divergences"]) / truth - 1).max()),
        }
        for name, run in runs.items()
    ]


def _work(arguments: argparse.Namespace) -> None:
    """One contender: its median time, and what it says of the timed translations."""
    content = np.load(arguments.case)
    volumes = content["reference"], content["probability"]
    case = Case(*volumes, int(content["window"]), [tuple(offset) for offset in content["timed"].tolist()])
    few = tuple(slice(side // 2 - 4, side // 2 + 4) for side in volumes[0].shape)
    contend = CONTENDERS[arguments.contender]
    contend(case._replace(reference=volumes[0][few], probability=volumes[1][few], window=1, timed=[(0, 0, 0)]))  # imports
    rounds = [_timed(contend, case) for _ in range(arguments.rounds if arguments.contender == OURS else 1)]
    divergences, offset = rounds[0][2]
    write_json(
        arguments.out,
        {
            "seconds": median(one[0] for one in rounds),
            "cpu_seconds": median(one[1] for one in rounds),
            "divergences": divergences,
            "offset": offset,
        },
    )


Found = tuple[list[float], Offset]


def _timed(contend: Callable[[Case], Found], case: Case) -> tuple[float, float, Found]:
    start, cpu_start = time.perf_counter(), time.process_time()
    found = contend(case)
    return time.perf_counter() - start, time.process_time() - cpu_start, found


def ours(case: Case) -> Found:
    """As the library's user calls it."""
    from tfpartial.priors.kl_search import kl_map  # TensorFlow is in no other contender's memory

    return _told(kl_map(case.reference, case.probability, case.window, EPSILON), case)


def by_scipy(case: Case) -> Found:
    """Σ r ln s_t + (1 - r) ln(1 - s_t), two convolutions of whole volumes. Beyond these s is epsilon: differences from it."""
    reference = case.reference.astype(np.float64)
    clipped = case.probability.astype(np.float64).clip(EPSILON, 1 - EPSILON)
    middle = tuple(slice(side // 2 - case.window, side // 2 + case.window + 1) for side in reference.shape)
    entropy = rel_entr(reference, 1).sum() + rel_entr(1 - reference, 1).sum()
    nowhere = entropy - np.log(EPSILON) * reference.sum() - np.log1p(-EPSILON) * (1 - reference).sum()
    matched = fftconvolve(reference, np.log(clipped / EPSILON)[::-1, ::-1, ::-1], mode="same")[middle]
    missed = fftconvolve(1 - reference, (np.log1p(-clipped) - np.log1p(-EPSILON))[::-1, ::-1, ::-1], mode="same")[middle]
    return _told((nowhere - matched - missed) / reference.size, case)


def one_by_one(case: Case) -> Found:
    """The definition, for the timed translations alone."""
    divergences = []
    reference = case.reference.astype(np.float64)
    for offset in case.timed:
        moved = _moved(case.probability, offset).clip(EPSILON, 1 - EPSILON)
        divergences.append(float(np.mean(rel_entr(reference, moved) + rel_entr(1 - reference, 1 - moved))))
    return divergences, case.timed[int(np.argmin(divergences))]


def _moved(volume: np.ndarray, offset: Offset) -> np.ndarray:
    moved = np.zeros(volume.shape)
    sides = list(zip(volume.shape, offset, strict=True))
    into, outof = (tuple(slice(max(0, sign * step), side + min(0, sign * step)) for side, step in sides) for sign in (1, -1))
    moved[into] = volume[outof]
    return moved


def _told(divergences: np.ndarray, case: Case) -> Found:
    places = [tuple(step + case.window for step in offset) for offset in case.timed]
    lowest = np.unravel_index(int(divergences.argmin()), divergences.shape)
    return [float(divergences[place]) for place in places], tuple(int(index) - case.window for index in lowest)


CONTENDERS: dict[str, Callable[[Case], Found]] = {OURS: ours, SCIPY: by_scipy, ONE_BY_ONE: one_by_one}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--slices", type=int, default=200)
    parser.add_argument("--window", type=int, default=32, help="voxels along each axis")
    parser.add_argument("--translations", type=int, default=8, help="how many are timed one by one")
    parser.add_argument("--rounds", type=int, default=3, help="of ours; the others run once")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    parser.add_argument("--contender", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--case", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
