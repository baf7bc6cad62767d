"""DSC against the share of labels that was kept (SMILE, figure 3)."""

from __future__ import annotations

import math

from markupsafe import Markup

from tfpartial.comparison.averages import MEAN
from tfpartial.comparison.shown_metrics import SHOWN
from tfpartial.report.charts.axis import Axis, percent_axis
from tfpartial.report.charts.lines import BOTTOM, LEFT, RIGHT, TOP, Line, Point, line_chart
from tfpartial.report.html import fill
from tfpartial.report.run_folder import RunFolder
from tfpartial.report.scores_by_place import Group
from tfpartial.report.section import Section

APART_PX = 30
"""Labels of ticks need so much room."""


def _alphas(run: RunFolder) -> tuple[float, ...]:
    return tuple(alpha for alpha in run.results.joined.alphas if alpha is not None)


def _render(run: RunFolder) -> Markup:
    # From all labels to few, as in the paper, whose axis is the share that is missing.
    axis = Axis(1.0, 0.0, LEFT + 8, RIGHT - 8, _alphas(run))
    methods = [method for method in run.methods if method in run.results.joined.methods]
    charts = [_chart(run, organ, methods, axis) for organ in (MEAN, *run.results.organs)]
    legend = [(run.style(method), method) for method in methods]
    return fill("proportions.html", charts=charts, methods=legend, over=run.results.spread_over, several=run.results.several)


def _chart(run: RunFolder, organ: str, methods: list[str], axis: Axis) -> Markup:
    groups = [group for group in run.results.groups if group.alpha is not None and not math.isnan(group.mean(organ))]
    over = run.results.spread_over
    lines = [Line(run.style(name), [_point(group, organ, over) for group in groups if group.method == name]) for name in methods]
    text = "; ".join(point.text for line in lines for point in line.points)
    return line_chart(
        organ, f"DSC by share of labels: {text}", lines, axis, percent_axis(BOTTOM, TOP), "labels kept (α)", _texts(axis)
    )


def _point(group: Group, organ: str, over: str) -> Point:
    dsc, several = SHOWN["dsc"], len(group.scores) > 1
    sd = group.sd(organ) if several else math.nan
    over = f" over {over}" if several else ""
    text = f"{group.label}: {dsc.spread(group.mean(organ), sd)} {dsc.unit}{over}"
    return Point(group.alpha or 0, 100 * group.mean(organ), text, None if math.isnan(sd) else 100 * sd)


def _texts(axis: Axis) -> list[str]:
    """Texts of the ticks; those without room are empty."""
    texts: list[str] = []
    last = -math.inf
    for alpha in axis.ticks:
        fits = axis.at(alpha) - last >= APART_PX
        texts.append(f"{100 * alpha:g} %" if fits else "")
        last = axis.at(alpha) if fits else last
    return texts


SECTION = Section("proportions", "DSC against the share of labels", lambda run: len(_alphas(run)) > 1, _render)
