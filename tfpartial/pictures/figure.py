"""The picture: the expert's label map and each method's, side by side on the same slice."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from tfpartial.artifacts import atomic_file
from tfpartial.labels import IGNORE, MAX_ORGANS, OrganTable
from tfpartial.pictures.body import body_box
from tfpartial.pictures.colours import organ_colours

COLOURS = organ_colours(MAX_ORGANS)
BACKGROUND, TEXT, QUIET = "#0b0e14", "#e6e9ef", "#97a0b0"
PANEL_IN, GAP_IN, LEFT_IN, TOP_IN, LEGEND_LINE_IN, LEGEND_ENTRY_IN = 3.0, 0.06, 0.66, 0.40, 0.28, 1.45
DOTS_PER_INCH = 150
FILL = 0.28
TITLE_LETTERS = 36


@dataclass(frozen=True)
class Panel:
    """One label map of a slice.

    Args:
        label: uint8 `[Y, X]`.
        caption: a few words in its corner, e.g. the DSC.
    """

    label: np.ndarray
    caption: str


@dataclass(frozen=True)
class Row:
    """One slice of a case.

    Args:
        title: what stands along the row.
        hu: HU `[Y, X]` in LPS.
        spacing_mm: of rows and columns.
        panels: the expert's label map first, then one per method.
    """

    title: str
    hu: np.ndarray
    spacing_mm: tuple[float, float]
    panels: tuple[Panel, ...]


def draw(rows: Sequence[Row], columns: Sequence[str], organs: OrganTable, window_hu: tuple[float, float], path: Path) -> None:
    """Draws label maps side by side and writes a PNG, 150 dots per inch, 3 inches per panel.

    Organs are filled faintly and outlined; in every column but the first, dashed white lines repeat the expert's outlines. The
    patient's right is at the left, as usual in radiology.

    Args:
        rows: one per case.
        columns: titles, one per panel of a row.
        organs: the organ table, for colours and legend.
        window_hu: HU shown black and white.
        path: file to write.
    """
    rows = [crop_to_body(row) for row in rows]
    legend = _legend(rows, organs)
    figure, axes = _grid([PANEL_IN * _aspect(row) for row in rows], len(columns), legend)
    for row, row_axes in zip(rows, axes, strict=True):
        row_axes[0].set_ylabel(_wrapped(row.title), color=QUIET, fontsize=9, labelpad=6)
        for panel, panel_axes in zip(row.panels, row_axes, strict=True):
            expert = None if panel is row.panels[0] else row.panels[0].label
            _draw_panel(panel_axes, row, panel, expert, window_hu)
    for title, top_axes in zip(columns, axes[0], strict=True):
        top_axes.set_title(title, color=TEXT, fontsize=12, fontweight="bold", pad=7)
    with atomic_file(path) as temporary:
        figure.savefig(temporary, facecolor=BACKGROUND)


def _wrapped(title: str) -> str:
    """A row's title in lines that fit along a panel."""
    return "\n".join(piece for line in title.splitlines() for piece in textwrap.wrap(line, TITLE_LETTERS, break_on_hyphens=False))


def crop_to_body(row: Row) -> Row:
    """The row without the air around the body; no labelled voxel is cut off."""
    box = body_box(row.hu, np.any([_is_organ(panel.label) for panel in row.panels], axis=0))
    panels = tuple(replace(panel, label=panel.label[box]) for panel in row.panels)
    return replace(row, hu=row.hu[box], panels=panels)


def _is_organ(label: np.ndarray) -> np.ndarray:
    return (label > 0) & (label != IGNORE)


def _aspect(row: Row) -> float:
    """Height over width of the slice in mm."""
    height, width = np.multiply(row.hu.shape, row.spacing_mm)
    return height / width


def _grid(heights_in: Sequence[float], columns: int, legend: Sequence[Patch | Line2D]) -> tuple[Figure, np.ndarray]:
    """A figure just large enough for its panels, with the legend below: axes `[rows, columns]`."""
    width_in = LEFT_IN + columns * PANEL_IN + (columns - 1) * GAP_IN + GAP_IN
    per_line = max(1, int(width_in / LEGEND_ENTRY_IN))
    bottom_in = 0.12 + LEGEND_LINE_IN * -(-len(legend) // per_line)
    height_in = TOP_IN + sum(heights_in) + (len(heights_in) - 1) * GAP_IN + bottom_in
    figure = Figure(figsize=(width_in, height_in), dpi=DOTS_PER_INCH, facecolor=BACKGROUND)
    FigureCanvasAgg(figure)
    axes = figure.subplots(
        len(heights_in),
        columns,
        squeeze=False,
        gridspec_kw={
            "height_ratios": heights_in,
            "left": LEFT_IN / width_in,
            "right": 1 - GAP_IN / width_in,
            "bottom": bottom_in / height_in,
            "top": 1 - TOP_IN / height_in,
            "wspace": GAP_IN / PANEL_IN,
            "hspace": GAP_IN / float(np.mean(heights_in)),
        },
    )
    style = {"frameon": False, "labelcolor": TEXT, "fontsize": 9.5, "handlelength": 1.3, "columnspacing": 1.6}
    figure.legend(handles=legend, loc="lower center", ncols=min(per_line, len(legend)), borderaxespad=0.1, **style)
    return figure, axes


def _legend(rows: Sequence[Row], organs: OrganTable) -> list[Patch | Line2D]:
    """The organs that the rows show, then the dashed line."""
    shown = np.unique(np.concatenate([panel.label.ravel() for row in rows for panel in row.panels]))
    entries: list[Patch | Line2D] = [
        Patch(facecolor=(*COLOURS[organ_id - 1], 0.55), edgecolor=COLOURS[organ_id - 1], label=name)
        for name, organ_id in organs.ids.items()
        if organ_id in shown
    ]
    if any(len(row.panels) > 1 for row in rows):
        entries.append(Line2D([], [], color="white", linewidth=0.9, linestyle=(0, (3, 2)), label="expert"))
    return entries


def _draw_panel(axes: Axes, row: Row, panel: Panel, expert: np.ndarray | None, window_hu: tuple[float, float]) -> None:
    low, high = window_hu
    axes.imshow(row.hu, cmap="gray", vmin=low, vmax=high, interpolation="bicubic", aspect="auto")
    axes.imshow(_fill(panel.label), interpolation="nearest", aspect="auto")
    _outline(axes, panel.label, linewidths=1.5)
    if expert is not None:
        _outline(axes, expert, colour="white", linewidths=0.9, linestyles=[(0, (3, 2))])
    if panel.caption:
        box = {"facecolor": BACKGROUND, "edgecolor": "none", "alpha": 0.65, "boxstyle": "round,pad=0.3"}
        axes.text(0.025, 0.03, panel.caption, transform=axes.transAxes, color=TEXT, fontsize=9, va="bottom", bbox=box)
    if expert is None:
        axes.text(0.025, 0.97, "R", transform=axes.transAxes, color=QUIET, fontsize=8, va="top")
    height, width = row.hu.shape
    # Outlines reach half a voxel beyond the slice, and Matplotlib would make room for them.
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _fill(label: np.ndarray) -> np.ndarray:
    """RGBA `[Y, X, 4]`: organs in their colours, transparent elsewhere."""
    table = np.zeros((IGNORE + 1, 4))
    table[1:IGNORE] = np.column_stack([COLOURS, np.full(MAX_ORGANS, FILL)])
    return table[label]


def _outline(axes: Axes, label: np.ndarray, colour: str | None = None, **style: object) -> None:
    """The outline of every organ, in its own colour if none is given."""
    # A border of background closes the outline of an organ that touches the edge of the picture.
    padded = np.pad(label, 1)
    rows, columns = (np.arange(-1, size + 1) for size in label.shape)
    for organ_id in np.unique(label[_is_organ(label)]).tolist():
        line = COLOURS[organ_id - 1] if colour is None else colour
        axes.contour(columns, rows, padded == organ_id, levels=[0.5], colors=[line], **style)
