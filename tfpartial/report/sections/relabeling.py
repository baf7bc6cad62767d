"""What relabeling recovered, step by step (thesis, Table 3.8 and figure 3.6)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from tfpartial.comparison.shown_metrics import SHOWN, ShownMetric
from tfpartial.data.store.store import Store
from tfpartial.errors import TfpartialError
from tfpartial.finished_stages import alpha_text
from tfpartial.ranking.table import ESTIMATORS
from tfpartial.report.charts.axis import Axis, percent_axis
from tfpartial.report.charts.lines import BOTTOM, LEFT, RIGHT, TOP, Line, Point, line_chart
from tfpartial.report.charts.styles import Style, style_of
from tfpartial.report.fold_groups import axes_of
from tfpartial.report.html import fill
from tfpartial.report.relabel_chains import ChainGroup, chain_groups, relabeled
from tfpartial.report.run_folder import RunFolder
from tfpartial.report.section import Section
from tfpartial.report.step_views import middling_organ, view_steps
from tfpartial.text_table import ALL

PRECISION = ShownMetric("precision", "%", 100, 1, "high")
RECALL = ShownMetric("recall", "%", 100, 1, "high")
SHARES = {"precision": PRECISION, "recall": RECALL}
TITLES = {"precision": "precision of the pseudo-labels, %", "recall": "recall of the missing labels, %"}
Lines = list[tuple[str, Style, ChainGroup, str]]
"""What a chart shows: the name of each line, its look, and whose it is: group and organ."""


def _render(run: RunFolder) -> Markup:
    groups = chain_groups(run)
    pictures, notes = _pictures(run, groups)
    return fill(
        "relabeling.html",
        rows=[_charts(run, group) for group in _panels(groups)],
        tables=[_table(group) for group in _panels(groups)],
        pictures=pictures,
        notes=notes,
        metrics=SHARES,
        dsc=SHOWN["dsc"],
    )


def _panels(groups: list[ChainGroup]) -> list[list[ChainGroup]]:
    """The groups of each share of labels."""
    alphas = dict.fromkeys(group.alpha for group in groups)
    return [[group for group in groups if group.alpha == alpha] for alpha in alphas]


def _charts(run: RunFolder, groups: Sequence[ChainGroup]) -> dict[str, Any]:
    """Two charts with a line per method; with one method a line per organ."""
    lines: Lines = [(group.method, run.style(group.method), group, ALL) for group in groups]
    if len(groups) == 1:
        lines = [(organ, style_of(place), groups[0], organ) for place, organ in enumerate([ALL, *_organs(groups[0])])]
    known = any(not math.isnan(group.mean(number, ALL, "precision")) for group in groups for number in group.numbers)
    charts = [_chart(name, lines) for name in SHARES] if known else []
    legend = [(style, name) for name, style, _, _ in lines] if known else []
    return {"label": alpha_text(groups[0].alpha), "legend": legend, "charts": charts}


def _organs(group: ChainGroup) -> list[str]:
    return list(dict.fromkeys(organ for chain in group.chains for step in chain.steps for organ in step.organs))


def _chart(name: str, lines: Lines) -> Markup:
    last = max(number for _, _, group, _ in lines for number in group.numbers)
    x = Axis(0.75, last + 0.25, LEFT, RIGHT, tuple(float(number) for number in range(1, last + 1)))
    drawn = [Line(style, _points(group, organ, name, text)) for text, style, group, organ in lines]
    said = "; ".join(point.text for line in drawn for point in line.points)
    texts = [f"{tick:g}" for tick in x.ticks]
    return line_chart(TITLES[name], f"{name} by step: {said}", drawn, x, percent_axis(BOTTOM, TOP), "relabel step", texts)


def _points(group: ChainGroup, organ: str, name: str, text: str) -> list[Point]:
    points = []
    for number in group.numbers:
        mean, sd = group.mean(number, organ, name), group.sd(number, organ, name)
        if not math.isnan(mean):
            spread = SHARES[name].spread(mean, sd)
            points.append(Point(number, 100 * mean, f"{text}, step {number}: {spread} %", None if math.isnan(sd) else 100 * sd))
    return points


def _table(groups: Sequence[ChainGroup]) -> dict[str, Any]:
    over = axes_of(chain.stage for group in groups for chain in group.chains)
    rows = [_row(group, number) for group in groups for number in group.numbers]
    organs = [
        {**_numbers(group, number, organ), "method": group.method, "number": number, "organ": organ}
        for group in groups
        for number in group.numbers
        for organ in _organs(group)
    ]
    label = alpha_text(groups[0].alpha)
    return {"label": label, "over": over, "rows": rows, "organs": organs, "trained": any(row["dsc"] for row in rows)}


def _row(group: ChainGroup, number: int) -> dict[str, Any]:
    """A step of a method: means over folds and seeds, and the sums of its audits."""
    steps = [(chain, step) for chain in group.chains for step in chain.steps if step.step == number]
    audits = [chain.audit[number] for chain, _ in steps]
    dsc = [chain.dsc[number] for chain, _ in steps if number in chain.dsc]
    return {
        **_numbers(group, number, ALL),
        "method": group.method,
        "number": number,
        "rule": ", ".join(dict.fromkeys(step.rule for _, step in steps)),
        "estimator": ", ".join(dict.fromkeys(ESTIMATORS.get(step.estimator, step.estimator) for _, step in steps)),
        "missing": sum(len(audit) for audit in audits),
        "nothing": sum(int((audit["candidates"] == 0).sum()) for audit in audits),
        "dsc": dsc and sum(dsc) / len(dsc),
    }


def _numbers(group: ChainGroup, number: int, organ: str) -> dict[str, Any]:
    shares = {name: (group.mean(number, organ, name), group.sd(number, organ, name)) for name in (*SHARES, "precision_added")}
    return {**shares, **{name: group.mean(number, organ, name) for name in ("cases", "candidates", "added", "voxels")}}


def _pictures(run: RunFolder, groups: Sequence[ChainGroup]) -> tuple[list[dict[str, Any]], list[str]]:
    """One organ per share of labels, the same for all methods; and why one is missing."""
    pictures, notes = [], []
    for of_alpha in _panels(list(groups)) if run.config.cases else []:
        try:
            picture = _picture(run, of_alpha)
        except TfpartialError as error:
            notes.append(f"{' '.join(['Not drawn', alpha_text(of_alpha[0].alpha)]).strip()}: {error}")
        else:
            pictures += [] if picture is None else [picture]
    return pictures, notes


def _picture(run: RunFolder, groups: Sequence[ChainGroup]) -> dict[str, Any] | None:
    """The steps of each method on the first fold and seed; None where no truth is known."""
    first = groups[0].chains[0].stage.place
    chains = [chain for group in groups for chain in group.chains if chain.stage.place[2:] == first[2:]]
    found = middling_organ(chains[0].audit[chains[0].steps[-1].step])
    if found is None:
        return None
    case, organ = found
    store = Store.open(Path(chains[0].stage.options["store"]))
    folders = [(chain.stage.folder, chain.steps[-1].step) for chain in chains]
    view = view_steps(store, folders, case, organ, run.window_hu)
    label = first._replace(method="", alpha=groups[0].alpha).label
    methods = [chain.method for chain in chains]
    return {"label": label, "case": case, "organ": organ, "view": view, "methods": methods}


SECTION = Section("relabeling", "Relabeling", lambda run: bool(relabeled(run)), _render)
