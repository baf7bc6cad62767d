"""Verbs of one version of tfpartial, one after the other, for `benchmarks.before`: prints what each took, as JSON.

    python -P before_worker.py '[["ingest", "--out", ...], ["prepare", ...]]'

It runs with the version's folder in PYTHONPATH, and uses nothing of the benchmarks: both versions have what it asks for.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time

from tfpartial import cli

MODULES = ("pydicom", "SimpleITK", "h5py", "isal.igzip")
"""Packages that the verbs import where they are first needed."""


def main() -> None:
    lines: list[list[str]] = json.loads(sys.argv[1])
    for name in (*MODULES, *(f"tfpartial.data_prep.{verb}" for verb, *_ in lines)):
        importlib.import_module(name)
    measured = {"imports": {"status": 0, "cpu_s": _cpu_s(), "wall_s": 0.0}}
    for words in lines:
        before_s, start = _cpu_s(), time.perf_counter()
        status = cli.main(words)
        measured[words[0]] = {"status": status, "cpu_s": _cpu_s() - before_s, "wall_s": time.perf_counter() - start}
    print(json.dumps(measured))


def _cpu_s() -> float:
    """User and system time of this process and of those that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main()
