"""Seconds for all metrics of a case with seven organs, beside the plain way and the packages of peers, and their values.

    python -m benchmarks.surface --peer-python /path/to/peer-venv/bin/python --out benchmarks/results/surface.json

The case is a phantom patient; its prediction is the truth, moved by some voxels, with half of the organs eroded. Every contestant
is a process that gets label maps as arrays and returns DSC, HD, HD95, ASD and NSD of each organ; they take turns, round by round.
The plain way works on the full volume, one erosion and one distance transform per organ and label map. Peers are called as their
documentation does, and choose their own number of threads; ours has one. `cpu_seconds`, the sum over threads, tells more than
`seconds` when others use the machine.

Two definitions of the surface are in use. Border voxels (thesis, eq. 2.9 and 2.10): ours by default, the plain way, MedPy, MONAI.
Surface elements, weighted by area: ours with `surface="elements"`, DeepMind's surface-distance, whose two averages are put
together by area. `apart` is the largest relative difference from ours of the same definition. It leaves out HD95 of MedPy, which
takes the percentile of both directions together, not the larger of the two. MONAI and SimpleITK compute in float32,
SimpleITK's distance maps with errors of some 1e-5 mm.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from scipy.ndimage import binary_erosion

from benchmarks.measure import report
from benchmarks.surface_case import Case, Metrics, write_case
from tfpartial.data.phantom import ORGANS, generate_case

ROOT = Path(__file__).resolve().parent.parent
METRICS = ("dsc", "hd", "hd95", "asd", "nsd")
OURS = {"voxels": "tfpartial", "elements": "tfpartial, elements"}
PLAIN = ("scipy, full volume", "SimpleITK, full volume")
TARGET = 10
"""Times as fast as the faster of the plain ways."""
SLICE_MM = 1.2
SHIFT_ZYX = (1, 3, -4)
TOLERANCE_MM = 3.0


class Contestant(NamedTuple):
    """How one starts, what its surface is, and which of its metrics are defined otherwise."""

    command: list[str]
    surface: str
    differs: tuple[str, ...] = ()


class Run(NamedTuple):
    """What one process printed."""

    seconds: float
    cpu_seconds: float
    peak_gib: float
    metrics: list[Metrics]


def main() -> None:
    arguments = _arguments()
    contestants = _contestants(arguments.peer_python)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "case.npz")
        write_case(path, _case(arguments.size, arguments.slices))
        runs: dict[str, list[Run]] = {name: [] for name in contestants}
        for _ in range(arguments.rounds):
            for name, contestant in contestants.items():
                runs[name].append(_run(contestant.command, path))
    title = f"surface metrics, {arguments.size}x{arguments.size}x{arguments.slices}, {len(ORGANS)} organs"
    versions = _peer_versions(arguments.peer_python)
    packages = ("numpy", "scipy", "SimpleITK", "scikit-image")
    report(title, list(_rows(contestants, runs)), arguments.out, packages, versions)
    values = arguments.out and arguments.out.with_name(f"{arguments.out.stem}_values.json")
    report(f"{title}: values", list(_values(runs)), values, packages, versions)


def _contestants(peer_python: str) -> dict[str, Contestant]:
    ours = [sys.executable, "-m", "benchmarks.surface_worker"]
    peer = [peer_python, "-m"]
    return {
        OURS["voxels"]: Contestant([*ours, "voxels"], "voxels"),
        OURS["elements"]: Contestant([*ours, "elements"], "elements"),
        PLAIN[0]: Contestant([*ours, "scipy"], "voxels"),
        PLAIN[1]: Contestant([*ours, "simpleitk"], "voxels"),
        "MedPy": Contestant([*peer, "benchmarks.peers.surface_medpy"], "voxels", differs=("hd95",)),
        "MONAI": Contestant([*peer, "benchmarks.peers.surface_monai"], "voxels"),
        "surface-distance": Contestant([*peer, "benchmarks.peers.surface_deepmind"], "elements"),
    }


def _case(size: int, slices: int) -> Case:
    patient = generate_case(0, 0, (size, size), (SLICE_MM, SLICE_MM))
    reference = patient.label[:slices]
    if len(reference) < slices:
        raise SystemExit(f"the phantom has {len(reference)} slices; expected at least {slices}")
    prediction = np.roll(reference, SHIFT_ZYX, axis=(0, 1, 2))
    for organ in range(1, len(ORGANS) + 1, 2):
        mask = prediction == organ
        prediction[mask & ~binary_erosion(mask)] = 0
    return Case(reference, prediction, patient.spacing_mm_zyx, TOLERANCE_MM, len(ORGANS))


def _run(command: list[str], case: Path) -> Run:
    module, *choice = command[2:]
    words = [*command[:2], module, str(case), *choice]
    finished = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return Run(**json.loads(finished.stdout.splitlines()[-1]))


def _rows(contestants: dict[str, Contestant], runs: dict[str, list[Run]]) -> Iterable[dict[str, Any]]:
    seconds = {name: median(run.seconds for run in of_one) for name, of_one in runs.items()}
    plain = min(seconds[name] for name in PLAIN)
    for name, contestant in contestants.items():
        ours = runs[OURS[contestant.surface]][0].metrics
        yield {
            "contestant": name,
            "surface": contestant.surface,
            "seconds": seconds[name],
            "lowest": min(run.seconds for run in runs[name]),
            "highest": max(run.seconds for run in runs[name]),
            "cpu_seconds": median(run.cpu_seconds for run in runs[name]),
            "peak_gib": max(run.peak_gib for run in runs[name]),
            "times_plain": plain / seconds[name],
            "target": TARGET if name in OURS.values() else "",
            "apart": _apart(runs[name][0].metrics, ours, contestant.differs),
            "defined_otherwise": ", ".join(contestant.differs),
        }


def _apart(theirs: Sequence[Metrics], ours: Sequence[Metrics], left_out: Sequence[str]) -> float:
    """The largest relative difference of a metric that both have."""
    pairs = [(one[name], other[name]) for one, other in zip(theirs, ours, strict=True) for name in one if name not in left_out]
    return max(abs(one - other) / max(abs(other), 1e-12) for one, other in pairs)


def _values(runs: dict[str, list[Run]]) -> Iterable[dict[str, Any]]:
    for number, organ in enumerate(ORGANS):
        for metric in METRICS:
            values = {name: of_one[0].metrics[number].get(metric, "") for name, of_one in runs.items()}
            yield {"organ": organ, "metric": metric, **values}


def _peer_versions(python: str) -> dict[str, str]:
    names = ("monai", "torch", "medpy", "surface-distance")
    code = f"import json; from importlib.metadata import version; print(json.dumps({{n: version(n) for n in {names!r}}}))"
    return json.loads(subprocess.run([python, "-c", code], stdout=subprocess.PIPE, text=True, check=True).stdout)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", required=True, help="interpreter with monai, medpy and surface-distance")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--slices", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--out", type=Path, help="JSON file to write; the values lie beside it")
    return parser.parse_args()


if __name__ == "__main__":
    main()
