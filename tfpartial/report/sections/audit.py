"""Labels to look at again, and cases to annotate next, as `audit` listed them."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from tfpartial.artifacts import parsing, read_versioned
from tfpartial.audit.tables import FORMAT
from tfpartial.finished_stages import FoundStage
from tfpartial.report.embedded_pictures import Embedded, embed_picture
from tfpartial.report.html import fill
from tfpartial.report.run_folder import RunFolder
from tfpartial.report.section import Section

SUSPECTS, NEXT = "suspects.json", "next.json"
WHAT = "lists of an audit"
MOST_ROWS = 50
"""Rows of a list; the files have all."""
PICTURES = {
    "suspects.png": "The worst suspects: the model in colour, the expert dashed, a frame around the region",
    "not_annotated.png": "Organs that are surely there and that nobody annotated",
}


def _audited(run: RunFolder) -> list[FoundStage]:
    return [stage for stage in run.of("audit") if (stage.folder / SUSPECTS).is_file()]


def _render(run: RunFolder) -> Markup:
    return fill("audit.html", audits=[_audit(run, stage) for stage in _audited(run)], most=MOST_ROWS)


def _audit(run: RunFolder, stage: FoundStage) -> dict[str, Any]:
    suspects, following = (stage.folder / name for name in (SUSPECTS, NEXT))
    found = read_versioned(suspects, WHAT, FORMAT)
    with parsing(suspects, WHAT):
        rows = [_suspect(row) for row in found["suspects"]]
        rules = dict(found["rules"])
    chosen = read_versioned(following, WHAT, FORMAT)
    with parsing(following, WHAT):
        cases = [_next(rank, row) for rank, row in enumerate(chosen["cases"], start=1)]
    lists = {"suspects": rows, "cases": cases, "rules": rules}
    return {**lists, "label": run.label_of(stage), "pictures": _pictures(stage) if run.config.cases else []}


def _suspect(row: dict[str, Any]) -> dict[str, Any]:
    names = ("rank", "case", "organ", "kind", "other", "first_slice", "last_slice", "volume_ml", "mean_probability", "score")
    return {name: row[name] for name in names}


def _next(rank: int, row: dict[str, Any]) -> dict[str, Any]:
    return {"rank": rank, **{name: row[name] for name in ("case", "score", "uncertainty", "novelty", "reason")}}


def _pictures(stage: FoundStage) -> list[tuple[Embedded, str]]:
    there = {name: text for name, text in PICTURES.items() if (stage.folder / name).is_file()}
    return [(embed_picture(stage.folder / name), text) for name, text in there.items()]


SECTION = Section("audit", "Label audit", lambda run: bool(_audited(run)), _render)
