"""Volumes per minute of `prepare`, beside only reading the same files and beside MONAI's cache of them, in one run.

    python -m benchmarks.prepare --peer-python /path/to/torch-venv/bin/python --out benchmarks/results/prepare.json

Every contestant is a process with the same number of workers, and takes turns with the others, round by round:
plain reading (SimpleITK, image and label into arrays, nothing kept), MONAI's `PersistentDataset` filled through a `DataLoader`
(load, channel first, orientation LPS, one `.pt` file per case), and `prepare` (int16 slices, label layer, histogram, checksums).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import report
from benchmarks.phantom_data import phantom_manifest
from tfpartial.data.manifest import write_manifest

ROOT = Path(__file__).resolve().parent.parent
READING = "SimpleITK, only reading"
OURS = "tfpartial prepare"
MONAI = "MONAI PersistentDataset"
TARGET = 1.3
"""Times the time of only reading that `prepare` may take."""
DRAWN = 4


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        manifest = phantom_manifest(Path(folder, "dataset"), arguments.cases, DRAWN)
        write_manifest(manifest, Path(folder, "manifest.json"))
        contestants = {
            READING: [sys.executable, "-m", "benchmarks.prepare_worker", "read"],
            MONAI: [arguments.peer_python, "-m", "benchmarks.peers.prepare_monai"],
            OURS: [sys.executable, "-m", "benchmarks.prepare_worker", "prepare"],
        }
        seconds: dict[str, list[float]] = {name: [] for name in contestants}
        for _ in range(arguments.rounds):
            for name, command in contestants.items():
                seconds[name].append(_seconds([*command, f"{folder}/manifest.json", str(arguments.workers)]))
        rows = [_row(name, of_one, seconds, arguments) for name, of_one in seconds.items()]
    title = f"prepare: {arguments.cases} volumes 512x512, {arguments.workers} workers"
    report(title, rows, arguments.out, ("numpy", "SimpleITK", "h5py", "isal"), _peer_versions(arguments.peer_python))


def _row(name: str, of_one: list[float], seconds: dict[str, list[float]], arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        "contestant": name,
        "seconds": median(of_one),
        "lowest": min(of_one),
        "highest": max(of_one),
        "volumes_per_minute": 60 * arguments.cases / median(of_one),
        "times_reading": median(of_one) / median(seconds[READING]),
        "allowed": TARGET if name == OURS else "",
    }


def _seconds(command: list[str]) -> float:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    finished = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return float(finished.stdout.splitlines()[-1])


def _peer_versions(python: str) -> dict[str, str]:
    code = "import json, monai, torch; print(json.dumps({'monai': monai.__version__, 'torch': torch.__version__}))"
    return json.loads(subprocess.run([python, "-c", code], stdout=subprocess.PIPE, text=True, check=True).stdout)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", required=True, help="interpreter with monai and torch")
    parser.add_argument("--cases", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
