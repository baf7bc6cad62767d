"""What came out, in a few numbers, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from markupsafe import Markup

from tfpartial.comparison.averages import MEAN
from tfpartial.comparison.shown_metrics import SHOWN
from tfpartial.config import CURRICULUM
from tfpartial.finished_stages import FoundStage, Place
from tfpartial.report.curves import epochs_done
from tfpartial.report.html import fill, minutes
from tfpartial.report.run_folder import RunFolder
from tfpartial.report.scores_by_place import Group
from tfpartial.report.section import Section
from tfpartial.report.times import total_minutes

FINISHED, FAILED = "finished", "failed"
SHOWS = {CURRICULUM: "relabel"}
"""The verb whose stages a section stands for that is no stage itself."""


class Tile(NamedTuple):
    """A number that everybody wants to see: its name, itself, and what it stands on."""

    name: str
    value: str
    note: str


def missing(run: RunFolder) -> list[str]:
    """One line for each thing that should be there and is not, or is of no use."""
    lines = [f"{stage.name}: {_progress(stage)}" for stage in run.stages if not stage.finished]
    lines += [f"{_cell_label(cell)}: failed: {cell.get('reason', '')}" for cell in run.cells if cell.get("state") == FAILED]
    waiting = [_cell_label(cell) for cell in run.cells if cell.get("state") not in (FINISHED, FAILED)]
    if waiting:
        lines.append(f"{len(waiting)} of {len(run.cells)} cells are not finished: {'; '.join(waiting)}")
    lines += [f"{verb}: not begun" for verb in run.planned if verb != "report" and not run.of(SHOWS.get(verb, verb))]
    return [*lines, *run.results.problems]


def _progress(stage: FoundStage) -> str:
    done = epochs_done(stage)
    return f"unfinished, after epoch {done} of {stage.options.get('epochs')}" if done else "unfinished"


def _cell_label(cell: Mapping[str, Any]) -> str:
    return Place(cell.get("method", ""), cell.get("alpha"), cell.get("fold"), cell.get("seed")).label


def _tiles(run: RunFolder) -> list[Tile]:
    finished = sum(stage.finished for stage in run.stages)
    tiles = [
        Tile("stages finished", f"{finished} of {len(run.stages)}", f"{len(run.cells)} cells" if run.cells else ""),
        Tile("time", minutes(total_minutes(run.stages)), "of the finished stages, added up"),
    ]
    best = run.results.best()
    return tiles if best is None else [*_score_tiles(run, best), *tiles]


def _score_tiles(run: RunFolder, best: Group) -> list[Tile]:
    dsc, organs = SHOWN["dsc"], run.results.organs
    states = sum((best.states(organ) for organ in organs), Counter[str]())
    missed = states["missed"]
    cases = {case for found in run.results.joined.scores.values() for case in found.table["case"]}
    spread = f"sd {dsc.number(best.sd(MEAN))} over {run.results.spread_over}" if run.results.several else ""
    return [
        Tile("mean DSC", f"{dsc.number(best.mean(MEAN))} %", ", ".join(filter(None, (best.label, spread)))),
        Tile("organs missed", f"{missed} of {missed + states['scored']}", "contoured by the expert, not found at all"),
        Tile("cases scored", str(len(cases)), f"{len(organs)} organs"),
    ]


def _render(run: RunFolder) -> Markup:
    return fill("overview.html", tiles=_tiles(run), missing=missing(run))


SECTION = Section("overview", "Overview", lambda run: True, _render)
