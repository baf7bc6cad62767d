"""Which organs are annotated in which cases, how large they are, and what can be learned from."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup

from tfpartial.artifacts import parsing, read_json
from tfpartial.csv_file import read_frame, require_columns
from tfpartial.finished_stages import FoundStage
from tfpartial.report.css_colours import hex_colours
from tfpartial.report.html import fill
from tfpartial.report.run_folder import RunFolder
from tfpartial.report.section import Section

COVERAGE, CASES = "coverage.json", "cases.csv"
WHAT = "coverage of a data set"


class Row(NamedTuple):
    """One organ: its entry in `coverage.json`, its colour, and the cases where it is present or absent as SVG paths."""

    organ: dict[str, Any]
    colour: str
    present: str
    absent: str


def _applies(run: RunFolder) -> bool:
    return any((stage.folder / COVERAGE).is_file() for stage in run.of("coverage"))


def _render(run: RunFolder) -> Markup:
    return fill("coverage.html", tables=[_table(stage) for stage in run.of("coverage") if (stage.folder / COVERAGE).is_file()])


def _table(stage: FoundStage) -> dict[str, Any]:
    path = stage.folder / COVERAGE
    content = read_json(path, WHAT)
    with parsing(path, WHAT):
        names = [organ["organ"] for organ in content["organs"]]
        states = _states(stage, names, content["unlabeled"])
        rows = [
            Row(organ, colour, strip(state == 1), strip(state == 0))
            for organ, colour, state in zip(content["organs"], hex_colours(len(names)), states, strict=True)
        ]
        return {
            "name": content["name"],
            "label": stage.place._replace(method="").label,
            "rows": rows,
            "cases": content["cases"],
            "complete": len(content["complete"]),
            "unlabeled": len(content["unlabeled"]),
            "several_sources": len(content["sources"]) > 1,
        }


def _states(stage: FoundStage, organs: list[str], unlabeled: list[str]) -> np.ndarray:
    """int8 `[K, cases]`: -1 not annotated, 0 annotated and absent, 1 present; by source, then the most annotated first."""
    table = _read_cases(stage.folder / CASES)
    by_case = table.pivot_table(index=["source", "case"], columns="organ", values="state").reindex(columns=organs)
    states = by_case.fillna(-1).to_numpy().astype(np.int8)
    sources = by_case.index.get_level_values("source")
    order = np.lexsort((*(states.T[::-1] < 0), (states < 0).sum(axis=1), pd.factorize(sources)[0]))
    return np.concatenate([states[order], np.full((len(unlabeled), len(organs)), -1, np.int8)]).T


def _read_cases(path: Path) -> pd.DataFrame:
    """One row per case and annotated organ: `source`, `case`, `organ` and `state`, 1 where it is present, else 0."""
    columns = ("case", "source", "organ", "voxels")
    if path.is_file() and not path.read_bytes().strip():  # no case is annotated for anything
        table = pd.DataFrame(columns=list(columns))
    else:
        table = read_frame(path, "the organs of each case", columns[:3])
        require_columns(path, table, columns)
    return table.assign(state=(table["voxels"].astype(float) > 0).astype(float))


def strip(chosen: np.ndarray) -> str:
    """SVG path over the true places of bool `[n]`, one unit wide and high each; neighbours are one rectangle."""
    path, start = "", 0
    for value, run in groupby(chosen.tolist()):
        length = len(list(run))
        if value:
            path += f"M{start} 0h{length}v1h-{length}z"
        start += length
    return path


SECTION = Section("coverage", "Coverage", _applies, _render)
