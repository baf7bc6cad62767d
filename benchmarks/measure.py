"""What the benchmarks share: peak memory of a command, and results that say where they were measured."""

from __future__ import annotations

import datetime
import platform
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tfpartial.artifacts import write_json
from tfpartial.provenance import machine

POLL_S = 0.02


def peak_rss_mib(command: Sequence[str], children: bool = True) -> tuple[float, float]:
    """Runs a command; returns the sum of the peak resident memory of its processes in MiB, and its seconds.

    The kernel keeps each process's peak (VmHWM), so short peaks between two looks count. The sum is an upper bound: the
    processes need not have had their peaks at the same time, and shared pages count in each.

    Args:
        command: the command.
        children: count its worker processes too. A short-lived child, such as a call of git, first shows its parent's memory.

    Raises:
        subprocess.CalledProcessError: the command failed.
    """
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peaks: dict[int, int] = {}
    while process.poll() is None:
        for pid in _family(process.pid) if children else [process.pid]:
            peaks[pid] = max(peaks.get(pid, 0), _peak_kib(pid))
        time.sleep(POLL_S)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command))
    return sum(peaks.values()) / 1024, time.perf_counter() - start


def report(
    name: str,
    rows: Sequence[dict[str, Any]],
    out: Path | None,
    packages: Sequence[str],
    peer_versions: Mapping[str, str] | None = None,
) -> None:
    """Prints rows as a table and, asked for, writes them as JSON with machine, date and versions.

    Args:
        name: of the benchmark.
        rows: one dictionary of equal keys per line.
        out: JSON file to write, or None.
        packages: packages whose versions matter.
        peer_versions: versions of what ran under another interpreter.
    """
    table = Table(*rows[0], title=name)
    for row in rows:
        table.add_row(*(f"{value:.4g}" if isinstance(value, float) else str(value) for value in row.values()))
    Console(width=120).print(table)
    if out is not None:
        write_json(
            out,
            {
                "benchmark": name,
                "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
                "machine": machine(),
                "versions": {
                    "python": platform.python_version(),
                    **{name: version(name) for name in packages},
                    **(peer_versions or {}),
                },
                "rows": list(rows),
            },
        )


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown: a column of names, then columns of numbers."""
    lines = [header, ["---", *("---:" for _ in header[1:])], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _family(root: int) -> list[int]:
    """A process and its descendants."""
    found = [root]
    for pid in found:  # grows while it is gone through
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            found += _read(children, lambda text: [int(child) for child in text.split()], [])
    return found


def _peak_kib(pid: int) -> int:
    def parse(text: str) -> int:
        return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("VmHWM")), 0)

    return _read(Path(f"/proc/{pid}/status"), parse, 0)


def _read(path: Path, parse: Any, gone: Any) -> Any:
    """A parsed file of /proc, or `gone` when its process has ended meanwhile."""
    try:
        return parse(path.read_text())
    except (FileNotFoundError, ProcessLookupError):
        return gone
