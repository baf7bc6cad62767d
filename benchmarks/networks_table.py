"""The networks' speed beside PyTorch, as tables: `python -m benchmarks.networks_table` writes them from the measurements."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import markdown_table

RESULTS = Path(__file__).parent / "results"
OURS, DETERMINISTIC = "tfpartial", "tfpartial deterministic"
PEERS = ("PyTorch eager", "PyTorch compiled")
TASKS = {"train": "train step", "forward": "forward"}
UNET_HEADER = ("seconds per slice", OURS, *PEERS, "times PyTorch's best", "peak memory, GiB: ours / PyTorch's best")
NETWORKS_HEADER = (
    "network",
    "parameters, M",
    "GFLOP forward",
    "train, s per slice",
    "forward, s per slice",
    "share of peak: train",
    "forward",
    "GiB: train",
    "forward",
)
ATTENTION_HEADER = ("network", "parameters, M", "GFLOP", "forward, s per slice", "times U-Net", "peak memory, GiB")
COSTS_HEADER = ("U-Net, step", "1 thread", "2 threads", "times", "2 threads, deterministic", "costs")
Rows = Sequence[dict[str, Any]]


def unet_table(folder: Path = RESULTS) -> str:
    """The U-Net at 512x512, from `unet_cpu_bfloat16.json` and `unet_cpu_float32.json` in a folder."""
    lines = []
    for precision in ("bfloat16", "float32"):
        rows = _rows(folder / f"unet_cpu_{precision}.json")
        for task, name in TASKS.items():
            lines.append([f"{name}, {precision}", *_unet_cells({row["program"]: row for row in rows if row["task"] == task})])
    return markdown_table(UNET_HEADER, lines)


def _unet_cells(rows: dict[str, dict[str, Any]]) -> list[str]:
    ours, best = rows[OURS], min((rows[peer] for peer in PEERS), key=lambda row: row["s_per_slice"])
    seconds = [f"{rows[program]['s_per_slice']:.3g}" for program in (OURS, *PEERS)]
    times = best["s_per_slice"] / ours["s_per_slice"]
    return [*seconds, f"**{times:.2f}**", f"{ours['peak_gib']:.2f} / {best['peak_gib']:.2f}"]


def networks_table(folder: Path = RESULTS) -> str:
    """All networks, from `networks_btcv.json`."""
    rows = [row for row in _rows(folder / "networks_btcv.json") if row["program"] == OURS]
    lines = []
    for subject in dict.fromkeys(row["subject"] for row in rows):
        train, forward = (next(row for row in rows if (row["subject"], row["task"]) == (subject, task)) for task in TASKS)
        cells = [f"{train['parameters'] / 1e6:.1f}", f"{train['gflop']:.1f}"]
        for column, form in (("s_per_slice", ".3g"), ("share_of_peak", ".0%"), ("peak_gib", ".2f")):
            cells += [f"{row[column]:{form}}" for row in (train, forward)]
        lines.append([f"`{subject}`", *cells])
    return markdown_table(NETWORKS_HEADER, lines)


def attention_table(folder: Path = RESULTS) -> str:
    """What attention adds to the U-Net's forward pass at 512x512, from `attention_cpu.json`."""
    rows = [row for row in _rows(folder / "attention_cpu.json") if row["program"] == OURS]
    plain = next(row for row in rows if row["subject"] == "unet")
    lines = [
        [
            f"`{row['subject']}`",
            f"{row['parameters'] / 1e6:.1f}",
            f"{row['gflop']:.0f}",
            f"{row['s_per_slice']:.3g}",
            f"{row['s_per_slice'] / plain['s_per_slice']:.2f}",
            f"{row['peak_gib']:.2f}",
        ]
        for row in rows
    ]
    return markdown_table(ATTENTION_HEADER, lines)


def costs_table(folder: Path = RESULTS) -> str:
    """What a second thread brings and determinism costs, from `unet_threads.json`."""
    rows, lines = _rows(folder / "unet_threads.json"), []
    for task, said in TASKS.items():
        seconds = {(row["threads"], row["program"]): row["s_per_slice"] for row in rows if row["task"] == task}
        one, two, same = seconds[1, OURS], seconds[2, OURS], seconds[2, DETERMINISTIC]
        lines.append(
            [said, *(f"{second:.3g}" for second in (one, two)), f"{one / two:.2f}", f"{same:.3g}", f"{same / two - 1:+.1%}"]
        )
    return markdown_table(COSTS_HEADER, lines)


def _rows(path: Path) -> Rows:
    return json.loads(path.read_text())["rows"]


TABLES: dict[str, Callable[[], str]] = {
    "unet_cpu.md": unet_table,
    "networks_btcv.md": networks_table,
    "attention_cpu.md": attention_table,
    "unet_threads.md": costs_table,
}

if __name__ == "__main__":
    for file_name, table in TABLES.items():
        (RESULTS / file_name).write_text(table())
