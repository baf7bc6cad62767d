"""Peak memory of `prepare`, all its processes together, with few and with many cases: it must not grow.

python -m benchmarks.prepare_memory --out benchmarks/results/prepare_memory.json
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import peak_rss_mib, report
from benchmarks.phantom_data import phantom_manifest
from tfpartial.data.manifest import write_manifest

DRAWN = 4


def main() -> None:
    arguments = _arguments()
    rows = [_measure(cases, arguments.workers) for cases in arguments.cases]
    for row in rows:
        row["ratio_to_first"] = row["peak_mib"] / rows[0]["peak_mib"]
    report("prepare: peak memory", rows, arguments.out, ("numpy", "SimpleITK", "h5py"))


def _measure(cases: int, workers: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        manifest = phantom_manifest(Path(folder, "dataset"), cases, DRAWN)
        write_manifest(manifest, Path(folder, "manifest.json"))
        slices = sum(case.size_zyx[0] for case in manifest.cases.values())
        options = {"manifest": f"{folder}/manifest.json", "out": f"{folder}/store", "workers": str(workers)}
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        peak_mib, seconds = peak_rss_mib([sys.executable, "-m", "tfpartial", "prepare", "--quiet", *words])
    return {"cases": cases, "slices": slices, "workers": workers, "peak_mib": peak_mib, "slices_per_s": slices / seconds}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
