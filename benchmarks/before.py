"""CPU time of `ingest` and `prepare` beside an earlier revision of this repository, in one run.

    python -m benchmarks.before 586da82 --data FOLDER --out benchmarks/results/before.json

Both versions take turns, round by round, in processes of their own with one worker. The data are phantom patients as DICOM
series with RTSTRUCTs, and the folders that are given. What is compared is user and system time, which other work on the machine
disturbs less than the time on the clock; imports are measured apart.
"""

from __future__ import annotations

import argparse
import compileall
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections import defaultdict
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.dicom_data import write_dicom
from benchmarks.measure import markdown_table, report
from tfpartial import cli
from tfpartial.data.phantom import ORGANS

ROOT = Path(__file__).resolve().parent.parent
WORKER = Path(__file__).with_name("before_worker.py")
STAGES = ("data_prep", "train", "evaluate")
OLD, NEW = "old", "new"
VERBS = ("ingest", "prepare")
ALLOWED = 1.05
"""Times the time of the earlier revision that a verb may take."""
Source = dict[str, str]
"""A data set as `ingest` receives it: `path`, `layout`."""
Measured = dict[tuple[str, str, str], list[dict[str, float]]]
"""(data, verb or imports, version) -> what each round came to."""


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        versions = {OLD: _checked_out(arguments.revision, work / OLD), NEW: _copied(work / NEW)}
        for code in versions.values():
            compileall.compile_dir(code, quiet=1)
        data = _data(arguments, work)
        measured: Measured = defaultdict(list)
        for number in range(arguments.rounds):
            order = list(versions)[:: -1 if number % 2 else 1]
            for (name, source), version in product(data.items(), order):
                for verb, seconds in _seconds(versions[version], source, work / "out", arguments.size).items():
                    measured[name, verb, version].append(seconds)
            print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr, flush=True)
        rows = [_row(name, verb, measured) for name in data for verb in VERBS]
    title = f"CPU seconds, {arguments.revision} and now, {arguments.rounds} rounds"
    report(title, rows, arguments.out, ("numpy", "SimpleITK", "pydicom", "h5py"))
    if arguments.out is not None:
        arguments.out.with_suffix(".md").write_text(_table(rows), encoding="utf-8")


def _seconds(code: Path, source: Source, out: Path, size: int) -> dict[str, dict[str, float]]:
    """`imports` or a verb -> what it took."""
    environment = os.environ | {"PYTHONPATH": str(code), "OMP_NUM_THREADS": "1"}
    words = {
        "ingest": ["--sources", json.dumps([source]), "--out", f"{out}/manifest.json"],
        "prepare": ["--manifest", f"{out}/manifest.json", "--out", f"{out}/store", "--size", str(size), str(size)],
    }
    lines = [[verb, *words[verb], "--workers", "1", "--quiet"] for verb in VERBS]
    command = [sys.executable, "-P", str(WORKER), json.dumps(lines)]
    finished = subprocess.run(command, cwd=code, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, dict[str, float]] = json.loads(finished.stdout.splitlines()[-1])
    failed = [verb for verb, one in found.items() if one["status"]]
    if failed:
        raise SystemExit(f"{code.name}: {failed[0]} of {source['path']} failed")
    shutil.rmtree(out)
    return found


def _row(name: str, verb: str, measured: Measured) -> dict[str, Any]:
    def times(key: str, of: str = verb) -> list[list[float]]:
        return [[one[key] for one in measured[name, of, version]] for version in (OLD, NEW)]

    old, new = times("cpu_s")
    wall_old, wall_new = times("wall_s")
    imports_old, imports_new = times("cpu_s", "imports")
    return {
        "data": name,
        "verb": verb,
        "old_s": median(old),
        "new_s": median(new),
        "ratio": median(new) / median(old),
        "least_old_s": min(old),
        "least_new_s": min(new),
        "least_ratio": min(new) / min(old),
        "allowed": ALLOWED,
        "wall_old_s": median(wall_old),
        "wall_new_s": median(wall_new),
        "imports_old_s": median(imports_old),
        "imports_new_s": median(imports_new),
    }


def _table(rows: list[dict[str, Any]]) -> str:
    header = ("CPU time, s", "before", "now", "times", "least before", "least now", "times", "imports before", "imports now")
    columns = ("old_s", "new_s", "ratio", "least_old_s", "least_new_s", "least_ratio", "imports_old_s", "imports_new_s")
    return markdown_table(header, [[f"`{row['verb']}`, {row['data']}", *(f"{row[key]:.2f}" for key in columns)] for row in rows])


def _checked_out(revision: str, folder: Path) -> Path:
    """The packages of a revision, as they are installed: the stage folders below the library's."""
    command = ["git", "archive", revision, "tfpartial", *STAGES]
    archive = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as file:
        file.extractall(folder, filter="data")
    for stage in STAGES:
        shutil.move(folder / stage, folder / "tfpartial" / stage)
    return folder


def _copied(folder: Path) -> Path:
    """The same of the working tree."""
    ignore = shutil.ignore_patterns("__pycache__", *STAGES)
    shutil.copytree(ROOT / "tfpartial", folder / "tfpartial", ignore=ignore)
    for stage in STAGES:
        shutil.copytree(ROOT / stage, folder / "tfpartial" / stage, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def _data(arguments: argparse.Namespace, work: Path) -> dict[str, Source]:
    data = {path.name: {"path": str(path.resolve()), "layout": "auto"} for path in arguments.data}
    if not arguments.phantoms:
        return data
    nifti, dicom = work / "nifti", work / "dicom"
    size = [str(arguments.size)] * 2
    words = ["phantom", "--out", str(nifti), "--cases", str(arguments.phantoms), "--size", *size, "--workers", "1", "--quiet"]
    if cli.main(words):
        raise SystemExit("the phantoms could not be drawn")
    write_dicom(dicom, nifti, {organ: value for value, organ in enumerate(ORGANS, start=1)})
    return data | {"phantoms, DICOM and RTSTRUCT": {"path": str(dicom), "layout": "dicom"}}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("revision", help="the earlier revision, as git knows it")
    parser.add_argument("--data", type=Path, nargs="*", default=[], help="folders of data sets that `ingest` reads as they are")
    parser.add_argument("--phantoms", type=int, default=2, help="phantom patients to draw")
    parser.add_argument("--size", type=int, default=512, help="rows and columns of the phantoms and of the store")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
