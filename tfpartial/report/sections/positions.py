"""Where organs usually are, and where they were found in cases without their labels (thesis, section 4.2.2, figure 4.5)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
from markupsafe import Markup

from tfpartial.artifacts import parsing, read_json
from tfpartial.errors import TfpartialError
from tfpartial.finished_stages import FoundStage
from tfpartial.priors.position_errors import PlaceErrors, errors_by_organ, errors_of_all, fell_back, read_position_table, unseen
from tfpartial.report.charts.axis import axis_over
from tfpartial.report.charts.boxes import FEWEST, LEFT, RIGHT, Box, box_chart
from tfpartial.report.charts.styles import style_of
from tfpartial.report.embedded_pictures import embed_picture
from tfpartial.report.fold_groups import axes_of, fold_groups
from tfpartial.report.html import fill
from tfpartial.report.run_folder import RunFolder
from tfpartial.report.section import Section

LOG = logging.getLogger(__name__)
S = TypeVar("S")
T = TypeVar("T")
TITLE = "Organ positions"
PICTURE = "prior.png"
MOST_PICTURES = 12
"""Pictures of all priors together, of about 50 kB each."""
MOST_ROWS = 50
"""Rows of the list of cases that fell back; the file has all."""
BEFORE, AFTER = style_of(0), style_of(1)
STATES = {
    "aligned": "the search found the organ; it gets the prior there",
    "absent": "nothing was predicted, or too little for any patient: it is taken to be out of the scan, and gets no prior",
    "poor": "no translation brings what was predicted onto the labelled cases, or only one at the border of the search: no prior",
    "displaced": "it was found where the case's other organs do not let it be expected: no prior",
}


def _stages(run: RunFolder, verb: str) -> list[FoundStage]:
    return [stage for stage in run.of(verb) if stage.finished]


def _render(run: RunFolder) -> Markup:
    notes: list[str] = []
    priors = [_prior(label, stages, notes) for label, stages in fold_groups(run, _stages(run, "prior")).items()]
    aligned = [_aligned(label, stages, notes) for label, stages in fold_groups(run, _stages(run, "align")).items()]
    shown = [prior for prior in priors if prior is not None]
    for place, prior in enumerate(shown):
        drawn = run.config.cases and place < MOST_PICTURES
        prior["picture"] = _usable(embed_picture, prior["path"], notes) if drawn else None
    return fill(
        "positions.html",
        priors=shown,
        aligned=[group for group in aligned if group is not None],
        notes=notes,
        states=STATES,
        legend_entries=[(BEFORE, "before the search"), (AFTER, "after the search")],
        fewest=FEWEST,
        most=MOST_ROWS,
        most_pictures=MOST_PICTURES,
    )


def _usable(read: Callable[[S], T], source: S, notes: list[str]) -> T | None:
    """What is read of a source; None where that cannot be used, which a warning and a note tell."""
    try:
        return read(source)
    except TfpartialError as error:
        LOG.warning("%s: %s", TITLE, error)
        notes.append(str(error))
        return None


def _prior(label: str, stages: Sequence[FoundStage], notes: list[str]) -> dict[str, Any] | None:
    """The prior of the first fold that has one."""
    for stage in stages:
        prior = _usable(_read_prior, stage.folder, notes)
        if prior is not None:
            name = label if stage.place.fold is None else f"{label}, fold {stage.place.fold}"
            return {**prior, "label": name, "folds": len(stages), "path": stage.folder / PICTURE}
    return None


def _read_prior(folder: Path) -> dict[str, Any]:
    path, what = folder / "done.json", "summary of the verb prior"
    content = read_json(path, what)
    with parsing(path, what):
        organs = [
            {"organ": str(row["organ"]), "depth": float(row["depth"])}
            | {name: int(row[name]) for name in ("cases", "bins", "rows", "columns")}
            for row in content["organs"]
        ]
        return {"unit": str(content["unit"]), "organs": organs}


def _aligned(label: str, stages: Sequence[FoundStage], notes: list[str]) -> dict[str, Any] | None:
    """What folds and seeds found together."""
    tables = []
    for stage in stages:
        table = _usable(read_position_table, stage.folder, notes)
        if table is not None:
            tables.append(table.assign(run=stage.place._replace(method="", alpha=None).label))
    if not tables:
        return None
    joined = pd.concat(tables, ignore_index=True)
    found = unseen(joined)
    organs = errors_by_organ(found)
    return {
        "label": label,
        "over": axes_of(stages),
        "organs": organs,
        "all": errors_of_all(found),
        "chart": _chart(organs),
        "fell_back": fell_back(found).to_dict("records"),
        "in_training": len(fell_back(joined)) - len(fell_back(found)),
        "searched": (stages[0].options.get("search") or {}).get("adjust", True),
    }


def _chart(organs: Sequence[PlaceErrors]) -> Markup | None:
    """Boxes of the errors before and after the search, organ by organ; None where the truth is not known."""
    known = [organ for organ in organs if organ.searched_mm]
    if not known:
        return None
    boxes = [(organ.organ, [Box(BEFORE, "before", organ.coarse_mm), Box(AFTER, "after", organ.searched_mm)]) for organ in known]
    axis = axis_over([0.0, *(value for organ in known for value in (*organ.coarse_mm, *organ.searched_mm))], LEFT, RIGHT)
    description = f"box plots of {len(known)} organs before and after the search"
    return box_chart("Errors before and after the search", description, boxes, "distance from the expert's place, mm", axis)


SECTION = Section("positions", TITLE, lambda run: bool(_stages(run, "prior") or _stages(run, "align")), _render)
