"""DSC per case: box plots per organ and method, a panel per share of labels (thesis, figure 3.4)."""

from __future__ import annotations

from markupsafe import Markup

from tfpartial.finished_stages import alpha_text
from tfpartial.report.charts.boxes import FEWEST, Box, box_chart
from tfpartial.report.html import fill
from tfpartial.report.run_folder import RunFolder
from tfpartial.report.section import Section


def _render(run: RunFolder) -> Markup:
    methods = [method for method in run.methods if method in run.results.joined.methods]
    legend = [(run.style(method), method) for method in methods] if len(methods) > 1 else []
    charts = [_chart(run, alpha) for alpha in run.results.joined.alphas]
    return fill("spread.html", charts=charts, methods=legend, fewest=FEWEST)


def _chart(run: RunFolder, alpha: float | None) -> Markup:
    groups = run.results.at(alpha)
    boxes = [
        (organ, [Box(run.style(group.method), group.method, [100 * value for value in group.values(organ)]) for group in groups])
        for organ in run.results.organs
    ]
    title = ", ".join(filter(None, ("DSC per case", alpha_text(alpha))))
    return box_chart(title, f"box plots of {len(boxes)} organs and {len(groups)} methods", boxes, "DSC, %")


SECTION = Section("spread", "DSC per case and organ", lambda run: bool(run.results.groups), _render)
