"""Learning curves."""

from __future__ import annotations

from collections.abc import Callable

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
Details = tuple[Legend, list[Markup]]
OF_ORGAN = f"{DSC}_"
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
    details = [
        ("Summands of the loss, before their weights", _panels_each(run, curves, "", _terms)),
        ("Validation DSC of each organ, %", _panels_each(run, curves, OF_ORGAN, _validated)),
    ]
    return fill("training.html", rows=rows, details=[(title, *each) for title, each in details if each[1]])


def _panels(run: RunFolder, curves: Curves, column: str, name: str, over: str) -> list[Markup]:
    """A panel per share of labels, all with the same axes."""
    x, y = _axes([table for _, table in curves], [column], over)
    alphas = sorted({stage.place.alpha for stage, _ in curves}, key=lambda alpha: -(alpha or 0))
    panels = []
    for alpha in alphas:
        shown = [(stage, table) for stage, table in curves if stage.place.alpha == alpha]
        lines = [_line(run.style(run.method_of(stage)), run.label_of(stage), table, column, over) for stage, table in shown]
        panels.append(_chart(", ".join(filter(None, (name, alpha_text(alpha)))), lines, x, y, over))
    return panels


def _panels_each(run: RunFolder, curves: Curves, prefix: str, names_of: Callable[[pd.DataFrame], list[str]]) -> Details:
    """A panel per training below one legend, a line for each of its columns `prefix` + name; nothing for fewer than two names."""
    names = list(dict.fromkeys(name for _, table in curves for name in names_of(table)))
    if len(names) < 2:
        return [], []
    styles = {name: style_of(place) for place, name in enumerate(names)}
    charts = []
    x, y = _axes([table for _, table in curves], [prefix + name for name in names], STEPS)
    for stage, table in curves:
        lines = [_line(styles[name], name, table, prefix + name, STEPS) for name in names_of(table)]
        charts.append(_chart(run.label_of(stage), lines, x, y, STEPS))
    return [(style, name) for name, style in styles.items()], charts


def _validated(table: pd.DataFrame) -> list[str]:
    names = [name for name in table.columns if name.startswith(OF_ORGAN) and table[name].notna().any()]
    return [name.removeprefix(OF_ORGAN) for name in names]


def _terms(table: pd.DataFrame) -> list[str]:
    """The summands of the loss; in the file they stand between it and the validation."""
    names = list(table.columns)
    if LOSS not in names or DSC not in names:
        return []
    return names[names.index(LOSS) + 1 : names.index(DSC)]


def _chart(title: str, lines: list[Line], x: Axis, y: Axis, over: str) -> Markup:
    return line_chart(title, f"{len(lines)} lines by {over}", lines, x, y, over, [f"{tick:g}" for tick in x.ticks])


def _axes(tables: list[pd.DataFrame], columns: list[str], over: str) -> tuple[Axis, Axis]:
    x = axis_up_to(max(float(table[over].max()) for table in tables), LEFT, RIGHT)
    if columns[0].startswith(DSC):
        return x, percent_axis(BOTTOM, TOP)
    values = pd.concat([table.get(column, pd.Series(dtype=float)) for table in tables for column in columns]).dropna()
    return x, axis_over([0.0, *values.tolist()], BOTTOM, TOP)


def _line(style: Style, label: str, table: pd.DataFrame, column: str, over: str) -> Line:
    known = table[[over, column]].dropna() if column in table.columns else pd.DataFrame()
    thinned = known.iloc[:: max(1, len(known) // EPOCHS)]
    factor = 100 if column.startswith(DSC) else 1
    rows = [(at, factor * value) for at, value in thinned.to_numpy().tolist()]
    return Line(style, [Point(at, value, f"{label}, {at:.4g} {over}: {value:.4g}") for at, value in rows])


SECTION = Section("training", "Learning curves", lambda run: bool(_begun(run)), _render)
