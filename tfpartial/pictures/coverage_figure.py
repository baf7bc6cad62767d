"""The coverage of a data set as a picture: organs as rows, four panels side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from tfpartial.artifacts import atomic_file
from tfpartial.data.survey.coverage import NO_SOURCE, Coverage
from tfpartial.pictures.colours import organ_colours

BACKGROUND, PANEL, TEXT, QUIET, ABSENT, BAND = "#0b0e14", "#161c28", "#e6e9ef", "#97a0b0", "#eef1f6", ("#4a5568", "#718096")
HEAT = LinearSegmentedColormap.from_list("together", [PANEL, "#1d5a78", "#4cc9f0", "#e8fbff"])
DOTS_PER_INCH = 150
GAP_IN, CASE_IN, SMALLEST_CASES_IN, BARS_IN, VOLUME_IN, SMALLEST_HEAT_IN, BOTTOM_IN = 0.5, 0.16, 2.6, 1.7, 1.9, 1.75, 0.62
NAME_TILT = 35
CHARACTER = 0.56
"""Width of a letter over its height, roughly."""
NUMBERED_ORGANS = 16
"""Up to so many organs the heat map has room for numbers."""
SEPARATE_CASES = 150
"""Up to so many cases are drawn apart."""
POINTS_PER_INCH = 72


def draw_coverage(coverage: Coverage, name: str, path: Path) -> None:
    """Writes a PNG, 150 dots per inch, with a row per organ.

    From left to right: in which cases the organ is annotated and present, by source; the share of all voxels that it may learn
    from, as its own and as not its own; its volume (median and 5 to 95 %); how many cases are annotated for two organs.

    Args:
        coverage: the coverage.
        name: name of the data set, for the title.
        path: file to write.
    """
    row_in = float(np.interp(len(coverage.organs), (8, 60), (0.36, 0.15)))
    size = float(np.interp(row_in, (0.15, 0.36), (6.5, 9.5)))  # of the letters, in points
    figure, (cases, bars, volume, heat) = _panels(coverage, name, row_in, size)
    colours = organ_colours(len(coverage.organs))
    _draw_cases(cases, coverage, colours)
    _name_sources(cases, coverage, size)
    _draw_bars(bars, coverage, colours, size)
    _draw_volumes(volume, coverage, colours)
    _draw_heat(heat, coverage, size)
    with atomic_file(path) as temporary:
        figure.savefig(temporary, facecolor=BACKGROUND)


def _panels(coverage: Coverage, name: str, row_in: float, size: float) -> tuple[Figure, Sequence[Axes]]:
    """A figure just large enough, and its four panels, whose rows are at the same height."""
    count = len(coverage.organs)
    letter_in = CHARACTER * size / POINTS_PER_INCH
    names_in = letter_in * max(len(organ.organ) for organ in coverage.organs) + 0.15
    cases_in = float(np.clip(len(coverage.cases) * CASE_IN, SMALLEST_CASES_IN, max(7.5, len(coverage.cases) / DOTS_PER_INCH)))
    sources_in = 0.3 + (0.6 * letter_in * max(map(len, coverage.sources)) if _tilted(coverage, cases_in, size) else 0.1)
    top_in = 0.75 + max(sources_in, names_in if count > 1 else 0)
    widths_in = (cases_in, BARS_IN, VOLUME_IN, max(SMALLEST_HEAT_IN, count * row_in))
    left_in, height_in = names_in + 0.15, row_in * count
    total_in = left_in + sum(widths_in) + 3 * GAP_IN + 0.35, top_in + height_in + BOTTOM_IN
    figure = Figure(figsize=total_in, dpi=DOTS_PER_INCH, facecolor=BACKGROUND)
    FigureCanvasAgg(figure)
    panels = []
    for width_in in widths_in:
        place = (left_in / total_in[0], BOTTOM_IN / total_in[1], width_in / total_in[0], height_in / total_in[1])
        panels.append(figure.add_axes(place, facecolor=PANEL))
        left_in += width_in + GAP_IN
    for axes in panels:
        axes.set(ylim=(count - 0.5, -0.5), yticks=[])
        axes.tick_params(colors=QUIET, labelsize=min(size, 8), length=0)
        axes.spines[:].set_visible(False)
    panels[0].set_yticks(range(count), [organ.organ for organ in coverage.organs], color=TEXT, fontsize=size)
    title = f"{name}: {len(coverage.cases)} cases, {len(coverage.complete)} of them complete, {len(coverage.unlabeled)} unlabeled"
    figure.text(0.15 / total_in[0], 1 - 0.18 / total_in[1], title, color=TEXT, fontsize=12, fontweight="bold", va="top")
    return figure, panels


def _caption(axes: Axes, text: str) -> None:
    axes.annotate(text, (0, 0), (0, -24), "axes fraction", "offset points", color=QUIET, fontsize=8.5, va="top")


def _draw_cases(axes: Axes, coverage: Coverage, colours: np.ndarray) -> None:
    picture = np.empty((*coverage.state.shape, 3))
    picture[:] = colours[:, np.newaxis]
    picture[coverage.state == 0] = to_rgb(ABSENT)
    picture[coverage.state < 0] = to_rgb(PANEL)
    axes.imshow(picture, aspect="auto", interpolation="nearest")
    rows, columns = coverage.state.shape
    axes.hlines(np.arange(1, rows) - 0.5, -0.5, columns - 0.5, colors=BACKGROUND, linewidth=1)
    if columns <= SEPARATE_CASES:
        axes.vlines(np.arange(1, columns) - 0.5, -0.5, rows - 0.5, colors=BACKGROUND, linewidth=0.7)
    axes.set(xticks=[], xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))
    legend = [
        Patch(facecolor=colours[0], label="present"),
        Patch(facecolor=ABSENT, label="absent"),
        Patch(facecolor=PANEL, edgecolor=QUIET, linewidth=0.6, label="not annotated"),
    ]
    style = {"frameon": False, "labelcolor": QUIET, "fontsize": 8.5, "handlelength": 1, "handleheight": 1, "columnspacing": 1}
    axes.legend(handles=legend, loc="upper left", bbox_to_anchor=(0, 0), ncols=3, borderaxespad=0.5, borderpad=0, **style)


def _bands(coverage: Coverage) -> list[tuple[str, int, int]]:
    """The sources, in the order of the cases: name, first case, number of cases."""
    groups = [(source, len(list(cases))) for source, cases in groupby(coverage.sources)]
    starts = np.cumsum([0, *(number for _, number in groups)]).tolist()
    return [(source, start, number) for (source, number), start in zip(groups, starts, strict=False)]


def _band_text(source: str, number: int) -> str:
    return f"{number} cases" if source == NO_SOURCE else f"{source} ({number})"


def _tilted(coverage: Coverage, cases_in: float, size: float) -> bool:
    """Whether some source's name is wider than its cases."""
    letter_in = CHARACTER * size / POINTS_PER_INCH
    width_in = cases_in / len(coverage.cases)
    return any(letter_in * len(_band_text(source, number)) > width_in * number for source, _, number in _bands(coverage))


def _name_sources(axes: Axes, coverage: Coverage, size: float) -> None:
    """A band over the cases of each source, and its name."""
    tilted = _tilted(coverage, axes.get_window_extent().width / DOTS_PER_INCH, size)
    for place, (source, start, number) in enumerate(_bands(coverage)):
        x = (start, start + number)
        axes.plot(
            np.subtract(x, (0.4, 0.6)),
            [1, 1],
            transform=axes.get_xaxis_transform(),
            color=BAND[place % 2],
            linewidth=4,
            solid_capstyle="butt",
            clip_on=False,
        )
        style = {"rotation": NAME_TILT, "ha": "left", "rotation_mode": "anchor"} if tilted else {"ha": "center"}
        axes.annotate(
            _band_text(source, number),
            (start + number / 2 - 0.5, 1),
            (0, 6),
            axes.get_xaxis_transform(),
            "offset points",
            color=TEXT,
            fontsize=size,
            annotation_clip=False,
            **style,
        )
        if start:
            axes.axvline(start - 0.5, color=BACKGROUND, linewidth=2.5)


def _draw_bars(axes: Axes, coverage: Coverage, colours: np.ndarray, size: float) -> None:
    rows = range(len(coverage.organs))
    positive = [organ.positive_share for organ in coverage.organs]
    axes.barh(rows, [1] * len(rows), 0.62, color="#1d2533")
    axes.barh(rows, positive, 0.62, color=colours)
    axes.barh(rows, [organ.negative_share for organ in coverage.organs], 0.62, positive, color=colours, alpha=0.38)
    for row, organ in enumerate(coverage.organs):
        text = f"{100 * organ.learnable_share:.0f} %"
        axes.text(0.985, row, text, color=TEXT, fontsize=min(size, 8), ha="right", va="center_baseline")
    axes.set(xlim=(0, 1), xticks=[0, 0.5, 1], xticklabels=["0", "50 %", "100 %"])
    axes.set_facecolor(BACKGROUND)
    _caption(axes, "voxels to learn from")


def _draw_volumes(axes: Axes, coverage: Coverage, colours: np.ndarray) -> None:
    axes.set_facecolor(BACKGROUND)
    for row, organ in enumerate(coverage.organs):
        spread = organ.volume_ml
        if spread.p5 is not None and spread.median is not None and spread.p95 is not None:
            axes.plot([spread.p5, spread.p95], [row, row], color=colours[row], linewidth=2.5, alpha=0.55, solid_capstyle="round")
            axes.plot(spread.median, row, "o", color=colours[row], markersize=4.5)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(numticks=6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(which="both", length=0)
    axes.grid(axis="x", color="#1d2533", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.margins(x=0.08)
    _caption(axes, "volume in ml: median, 5–95 %")


def _draw_heat(axes: Axes, coverage: Coverage, size: float) -> None:
    counts = coverage.together
    rows = range(len(counts))
    axes.imshow(counts, cmap=HEAT, vmin=0, vmax=max(1, counts.max()), aspect="auto", interpolation="nearest")
    axes.xaxis.tick_top()
    axes.set_xticks(rows, [organ.organ for organ in coverage.organs], rotation=90, color=TEXT, fontsize=size)
    axes.hlines(np.arange(1, len(counts)) - 0.5, -0.5, len(counts) - 0.5, colors=BACKGROUND, linewidth=1)
    axes.vlines(np.arange(1, len(counts)) - 0.5, -0.5, len(counts) - 0.5, colors=BACKGROUND, linewidth=1)
    axes.set(ylim=(len(counts) - 0.5, -0.5), yticks=[])
    numbered = len(counts) <= NUMBERED_ORGANS
    _caption(axes, "cases annotated for both" + ("" if numbered else f", 0 (dark) to {counts.max()} (white)"))
    if numbered:
        for row, column in np.ndindex(counts.shape):
            shade = BACKGROUND if counts[row, column] > 0.55 * counts.max() else TEXT
            axes.text(column, row, str(counts[row, column]), color=shade, fontsize=8, ha="center", va="center_baseline")
