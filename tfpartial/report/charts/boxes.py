"""Box plots, lying: names of organs are long, and phones are narrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from tfpartial.report.charts.axis import Axis, percent_axis
from tfpartial.report.charts.styles import Style
from tfpartial.report.html import fill

WIDTH, LEFT, RIGHT = 330, 10, 284
NAME_PX, BOX_PX, GAP_PX, TOP_PX, BOTTOM_PX = 16, 15, 6, 6, 24
FEWEST = 5
"""Fewer values are drawn one by one: their quartiles would be made of two or three of them."""
WHISKER = 1.5
"""Whiskers reach the farthest value within so many times the box's width; what is beyond is drawn apart (Tukey)."""


@dataclass(frozen=True)
class Box:
    """The values of one method.

    Args:
        style: its look.
        name: of the method.
        values: one per case, in the unit of the axis.
    """

    style: Style
    name: str
    values: Sequence[float]


@dataclass(frozen=True)
class Quartiles:
    """What a box shows: quartiles, whiskers, and the values beyond them."""

    low: float
    q1: float
    median: float
    q3: float
    high: float
    apart: tuple[float, ...]


def quartiles(values: Sequence[float]) -> Quartiles:
    """The box of at least one value; percentiles are linear between neighbours."""
    ordered = np.sort(np.asarray(values, dtype=float))
    q1, median, q3 = np.percentile(ordered, (25, 50, 75)).tolist()
    reach = WHISKER * (q3 - q1)
    inside = ordered[(ordered >= q1 - reach) & (ordered <= q3 + reach)]
    apart = tuple(ordered[(ordered < inside[0]) | (ordered > inside[-1])].tolist())
    return Quartiles(float(inside[0]), q1, median, q3, float(inside[-1]), apart)


def box_chart(
    title: str, description: str, groups: Sequence[tuple[str, Sequence[Box]]], x_label: str, axis: Axis | None = None
) -> Markup:
    """An SVG with a group of boxes per organ.

    Args:
        title: heading of the panel.
        description: what it shows, for those who do not see it.
        groups: name of the organ, and its boxes.
        x_label: name of the axis.
        axis: from `LEFT` to `RIGHT`; by default from 0 to 100.
    """
    axis = axis or percent_axis(LEFT, RIGHT)
    y, drawn = float(TOP_PX), []
    for name, boxes in groups:
        first = y + NAME_PX
        rows = [_row(box, axis, first + place * BOX_PX + BOX_PX / 2) for place, box in enumerate(boxes)]
        drawn.append({"name": name, "y": y + NAME_PX - 4, "rows": rows})
        y = first + len(boxes) * BOX_PX + GAP_PX
    ticks = [(axis.at(value), f"{value:g}") for value in axis.ticks]
    frame = {"width": WIDTH, "height": y + BOTTOM_PX + 12, "left": LEFT, "right": RIGHT, "top": TOP_PX, "bottom": y}
    return fill("boxes.svg", frame=frame, title=title, description=description, groups=drawn, ticks=ticks, x_label=x_label)


def _row(box: Box, axis: Axis, y: float) -> dict[str, object]:
    row: dict[str, object] = {
        "y": y,
        "style": box.style,
        "n": len(box.values),
        "box": None,
        "dots": [],
        "text": f"{box.name}: none",
    }
    if not box.values:
        return row
    found = quartiles(box.values)
    few = len(box.values) < FEWEST
    row["text"] = f"{box.name}: median {found.median:.1f}, middle half {found.q1:.1f} to {found.q3:.1f}, n = {len(box.values)}"
    row["dots"] = [axis.at(value) for value in (box.values if few else found.apart)]
    if not few:
        row["box"] = {name: axis.at(getattr(found, name)) for name in ("low", "q1", "median", "q3", "high")}
    return row
