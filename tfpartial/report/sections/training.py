"""Learning curves."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from tfpartial.errors import TfpartialError
from tfpartial.finished_stages import FoundStage, alpha_text
from tfpartial.report.charts.axis import Axis, axis_over, axis_up_to, percent_axis
from tfpartial.report.charts.lines import BOTTOM, LEFT, RIGHT, TOP, Line, Point, line_chart
from tfpartial.report.charts.styles import Style, style_of
from tfpartial.report.curves import DSC, LOSS, METRICS_FILE, MINUTES, STEPS, read_curves
from tfpartial.report.html import fill
from tfpartial.report.run_folder import RunFolder
from tfpartial.report.section import Section

Curves = list[tuple[FoundStage, pd.DataFrame]]
Legend = list[tuple[Style, str]]
EPOCHS = 150
"""Longer curves are thinned out to about so many points: a chart has 300 pixels."""


def _begun(run: RunFolder) -> list[FoundStage]:
    return [stage for stage in run.of("train") if (stage.folder / METRICS_FILE).is_file()]


def _render(run: RunFolder) -> Markup:
    curves = [(stage, table) for stage in _begun(run) if len(table := read_curves(stage))]
    if not curves:
        raise TfpartialError("no training has finished an epoch")
    methods = [method for method in run.methods if method in {run.method_of(stage) for stage, _ in curves}]
    legend = [(run.style(method), method) for method in methods] if len(methods) > 1 else []
    panels = [
        _panels(run, curves, LOSS, "training loss", STEPS),
        _panels(run, curves, DSC, "validation DSC, %", STEPS),
        _panels(run, curves, DSC, "validation DSC, %", MINUTES),
    ]
    rows = [(legend if place == 0 else [], row) for place, row in enumerate(panels)]
    if len(panels[0]) == 1:
        rows = [(legend, [panel for row in panels for panel in row])]
    return fill("training.html", rows=rows, organs=_organ_panels(run, curves))


def _panels(run: RunFolder, curves: Curves, column: str, name: str, over: str) -> list[Markup]:
    """A panel per share of labels, all with the same axes."""
    x, y = _axes([table for _, table in curves], column, over)
    alphas = sorted({stage.place.alpha for stage, _ in curves}, key=lambda alpha: -(alpha or 0))
    panels = []
    for alpha in alphas:
        shown = [(stage, table) for stage, table in curves if stage.place.alpha == alpha]
        lines = [_line(run.style(run.method_of(stage)), run.label_of(stage), table, column, over) for stage, table in shown]
        panels.append(_chart(", ".join(filter(None, (name, alpha_text(alpha)))), lines, x, y, over))
    return panels


def _organ_panels(run: RunFolder, curves: Curves) -> tuple[Legend, list[Markup]]:
    """The validation DSC of each organ, a panel per training, below one legend; nothing for one organ or without validation."""
    validated = list(dict.fromkeys(organ for _, table in curves for organ in _validated(table)))
    if len(validated) < 2:
        return [], []
    styles = {organ: style_of(place) for place, organ in enumerate(validated)}
    x, y = _axes([table for _, table in curves], DSC, STEPS)
    charts = []
    for stage, table in curves:
        lines = [_line(styles[organ], organ, table, f"{DSC}_{organ}", STEPS) for organ in _validated(table)]
        charts.append(_chart(run.label_of(stage), lines, x, y, STEPS))
    return [(style, organ) for organ, style in styles.items()], charts


def _validated(table: pd.DataFrame) -> list[str]:
    names = [name for name in table.columns if name.startswith(f"{DSC}_") and table[name].notna().any()]
    return [name.removeprefix(f"{DSC}_") for name in names]


def _chart(title: str, lines: list[Line], x: Axis, y: Axis, over: str) -> Markup:
    return line_chart(title, f"{len(lines)} lines by {over}", lines, x, y, over, [f"{tick:g}" for tick in x.ticks])


def _axes(tables: list[pd.DataFrame], column: str, over: str) -> tuple[Axis, Axis]:
    x = axis_up_to(max(float(table[over].max()) for table in tables), LEFT, RIGHT)
    if column == DSC:
        return x, percent_axis(BOTTOM, TOP)
    values = pd.concat([table.get(column, pd.Series(dtype=float)) for table in tables]).dropna()
    return x, axis_over([0.0, *values.tolist()], BOTTOM, TOP)


def _line(style: Style, label: str, table: pd.DataFrame, column: str, over: str) -> Line:
    known = table[[over, column]].dropna() if column in table.columns else pd.DataFrame()
    thinned = known.iloc[:: max(1, len(known) // EPOCHS)]
    factor = 1 if column == LOSS else 100
    rows = [(at, factor * value) for at, value in thinned.to_numpy().tolist()]
    return Line(style, [Point(at, value, f"{label}, {at:.4g} {over}: {value:.4g}") for at, value in rows])


SECTION = Section("training", "Learning curves", lambda run: bool(_begun(run)), _render)
