"""The best, median and worst case, with contours in three planes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from markupsafe import Markup

from tfpartial.comparison.choice import pick_cases
from tfpartial.comparison.runs import Run
from tfpartial.comparison.scored_files import label_map_of, manifest_of
from tfpartial.comparison.scores import Scores
from tfpartial.data.manifest import read_manifest
from tfpartial.errors import TfpartialError
from tfpartial.finished_stages import Place, alpha_text
from tfpartial.names import CaseId
from tfpartial.report.case_views import CaseView, Outline, view_case
from tfpartial.report.html import fill
from tfpartial.report.run_folder import RunFolder
from tfpartial.report.section import Section


def _render(run: RunFolder) -> Markup:
    best = run.results.best()
    if best is None:
        raise TfpartialError("no case has a DSC")
    drawn, notes = [], []
    ranked = _ranked(run, best.method)
    for case, remark in pick_cases(list(ranked.index), run.config.cases):
        tested = {one: found for one, found in run.results.joined.scores.items() if (found.table["case"] == case).any()}
        try:
            views = _views(run, case, list(tested.values()))
        except TfpartialError as error:
            notes.append(f"{case} ({remark}) is not drawn: {error}")
        else:
            drawn.append({"case": case, "remark": remark, "dsc": ranked[case], "views": views, "parts": _parts(case, tested)})
    organs = {line.organ: line.colour for case in drawn for view in case["views"] for line in _lines(view)}
    return fill("cases.html", cases=drawn, notes=notes, organs=organs, method=best.method)


def _ranked(run: RunFolder, method: str) -> pd.Series:
    """Mean DSC of each case, over its organs and then over shares of labels and seeds, best first."""
    tables = [
        found.counted.groupby("case")["dsc"].mean() for one, found in run.results.joined.scores.items() if one.method == method
    ]
    means = pd.concat(tables).groupby(level=0).mean().dropna()
    return means.sort_index().sort_values(ascending=False, kind="stable")


def _views(run: RunFolder, case: CaseId, scores: list[Scores]) -> list[CaseView]:
    """The case with the contours of each method. Raises `TfpartialError` when a file is gone or cannot be read."""
    manifest = read_manifest(manifest_of(scores[0]))
    return view_case(manifest, case, [label_map_of(found, case) for found in scores], run.window_hu)


def _parts(case: CaseId, tested: dict[Run, Scores]) -> list[dict[str, Any]]:
    """Per share of labels: its name and, per method, what stands over its pictures and the place of its contours."""
    several = len({one.seed for one in tested}) > 1
    columns = [
        (one.alpha, _column(Place(one.method, seed=one.seed if several else None).label, case, found, place))
        for place, (one, found) in enumerate(tested.items())
    ]
    alphas = dict.fromkeys(alpha for alpha, _ in columns)
    return [{"label": alpha_text(alpha), "columns": [column for of, column in columns if of == alpha]} for alpha in alphas]


def _column(method: str, case: CaseId, found: Scores, place: int) -> dict[str, Any]:
    rows = found.counted[found.counted["case"] == case]
    missed = rows.loc[rows["state"] == "missed", "organ"].tolist()
    return {"method": method, "dsc": rows["dsc"].mean(), "missed": missed, "place": place}


def _lines(view: CaseView) -> Iterator[Outline]:
    for lines in (view.expert, *view.predictions):
        yield from lines


def _applies(run: RunFolder) -> bool:
    return bool(run.results.groups) and run.config.cases > 0


SECTION = Section("cases", "Best, median and worst case", _applies, _render)
