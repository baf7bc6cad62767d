"""The speed of the U-Net beside PyTorch, as a table: `python -m benchmarks.unet_table` writes it from the measurements."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.measure import markdown_table

RESULTS = Path(__file__).parent / "results"
TABLE = "unet_cpu.md"
PEERS = ("PyTorch eager", "PyTorch compiled")
TASKS = {"train": "train step", "forward": "forward"}
HEADER = ("seconds per slice", "tfpartial", *PEERS, "times PyTorch's best", "peak memory, GiB: ours / PyTorch's best")


def unet_table(folder: Path = RESULTS) -> str:
    """The table in Markdown, from `unet_cpu_bfloat16.json` and `unet_cpu_float32.json` in a folder."""
    lines = []
    for precision in ("bfloat16", "float32"):
        rows = json.loads((folder / f"unet_cpu_{precision}.json").read_text())["rows"]
        for task, name in TASKS.items():
            lines.append([f"{name}, {precision}", *_cells({row["network"]: row for row in rows if row["task"] == task})])
    return markdown_table(HEADER, lines)


def _cells(rows: dict[str, dict[str, Any]]) -> list[str]:
    ours, best = rows["tfpartial"], min((rows[peer] for peer in PEERS), key=lambda row: row["s_per_slice"])
    seconds = [f"{rows[network]['s_per_slice']:.3g}" for network in ("tfpartial", *PEERS)]
    return [*seconds, f"**{ours['times_peer_best']:.2f}**", f"{ours['peak_gib']:.2f} / {best['peak_gib']:.2f}"]


if __name__ == "__main__":
    (RESULTS / TABLE).write_text(unet_table())
