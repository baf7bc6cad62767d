"""Learning curves of a result folder as a picture: `python docs/curves.py docs/results/btcv docs/images/btcv_curves.png`.

The validation DSC, against steps and against minutes, and of each organ against steps; a line is one method (the mean of its
trainings, where there are several).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

DSC = "val_dsc"
COLUMNS = 5
PANEL_INCHES = (2.6, 2.0)
DPI = 110


def draw(folder: Path, picture: Path) -> None:
    """Draws `metrics.csv` of a result folder."""
    table = pd.read_csv(folder / "metrics.csv").dropna(subset=DSC)
    table = table.assign(minutes=table["seconds"] / 60)
    organs = [name for name in table.columns if name.startswith(f"{DSC}_") and table[name].notna().any()]
    panels = [(DSC, "steps", "mean"), (DSC, "minutes", "mean"), *((name, "steps", _organ_name(name)) for name in organs)]
    rows = -(-len(panels) // COLUMNS)
    figure = Figure(figsize=(COLUMNS * PANEL_INCHES[0], rows * PANEL_INCHES[1] + 0.4), layout="constrained")
    axes = figure.subplots(rows, COLUMNS, sharey=True, squeeze=False).ravel()
    for axis, (column, over, title) in zip(axes, panels, strict=False):
        _panel(axis, table, column, over, title)
    for axis in axes[len(panels) :]:
        axis.set_axis_off()
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=8)
    figure.set_dpi(DPI)
    FigureCanvasAgg(figure).print_png(picture)


def _organ_name(column: str) -> str:
    return column.removeprefix(f"{DSC}_").replace("_", " ")


def _panel(axis: Axes, table: pd.DataFrame, column: str, over: str, title: str) -> None:
    for method, rows in table.groupby("method", sort=False):
        mean = rows.groupby("steps", as_index=False)[["minutes", column]].mean()
        axis.plot(mean[over], 100 * mean[column], marker=".", markersize=4, linewidth=1.2, label=str(method))
    axis.set_title(title, fontsize=9)
    axis.set_xlabel(over, fontsize=8)
    axis.set_ylim(0, 100)
    axis.tick_params(labelsize=7)
    axis.grid(alpha=0.3)


def main(arguments: Sequence[str]) -> int:
    """Draws; returns the exit status."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    draw(Path(arguments[0]), Path(arguments[1]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
