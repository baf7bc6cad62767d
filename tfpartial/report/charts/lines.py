"""Lines over an axis, with error bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tfpartial.report.charts.axis import Axis
from tfpartial.report.charts.styles import Style
from tfpartial.report.html import fill

WIDTH, HEIGHT = 330, 220
LEFT, RIGHT, TOP, BOTTOM = 42, 318, 12, 184
MARKED = 12
"""Lines of up to so many points show them."""


@dataclass(frozen=True)
class Point:
    """One value.

    Args:
        x, y: the value.
        text: what a pointer over it shows.
        sd: half of its error bar; None for no bar.
    """

    x: float
    y: float
    text: str
    sd: float | None = None


@dataclass(frozen=True)
class Line:
    """Points that belong together.

    Args:
        style: its look.
        points: by x.
    """

    style: Style
    points: Sequence[Point]


def line_chart(
    title: str, description: str, lines: Sequence[Line], x: Axis, y: Axis, x_label: str, x_texts: Sequence[str]
) -> Markup:
    """An SVG with one panel.

    Args:
        title: heading of the panel.
        description: what it shows, for those who do not see it.
        lines: the lines, drawn in their order.
        x, y: the axes; see `x_axis` and `y_axis` for their places.
        x_label: name of the x axis.
        x_texts: texts of the ticks of the x axis.
    """
    drawn = [{"style": line.style, "path": _path(line, x, y), "marks": _marks(line, x, y)} for line in lines if line.points]
    frame = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT, "top": TOP, "bottom": BOTTOM}
    x_ticks = [(x.at(value), text) for value, text in zip(x.ticks, x_texts, strict=True)]
    y_ticks = [(y.at(value), f"{value:g}") for value in y.ticks]
    return fill(
        "lines.svg",
        frame=frame,
        title=title,
        description=description,
        lines=drawn,
        x_ticks=x_ticks,
        y_ticks=y_ticks,
        x_label=x_label,
    )


def _path(line: Line, x: Axis, y: Axis) -> str:
    return "M" + "L".join(f"{x.at(point.x):g} {y.at(point.y):g}" for point in line.points)


def _marks(line: Line, x: Axis, y: Axis) -> list[dict[str, object]]:
    if len(line.points) > MARKED:
        return []
    return [
        {
            "x": x.at(point.x),
            "y": y.at(point.y),
            "bar": None if point.sd is None else (y.at(max(y.low, point.y - point.sd)), y.at(min(y.high, point.y + point.sd))),
            "text": point.text,
        }
        for point in line.points
    ]
