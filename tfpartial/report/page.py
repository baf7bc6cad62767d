"""The page: its sections in their order, in one file with its style and script."""

from __future__ import annotations

import base64
import hashlib
import logging

from markupsafe import Markup

from tfpartial import __version__
from tfpartial.errors import TfpartialError
from tfpartial.report.html import FOLDER, fill
from tfpartial.report.run_folder import RunFolder
from tfpartial.report.section import Section
from tfpartial.report.sections import (
    audit,
    cases,
    comparison,
    confidence,
    coverage,
    overview,
    positions,
    proportions,
    provenance,
    relabeling,
    results,
    scores,
    spread,
    training,
)

LOG = logging.getLogger(__name__)
SECTIONS: tuple[Section, ...] = (
    overview.SECTION,
    results.SECTION,
    proportions.SECTION,
    comparison.SECTION,
    spread.SECTION,
    cases.SECTION,
    scores.SECTION,
    training.SECTION,
    positions.SECTION,
    relabeling.SECTION,
    confidence.SECTION,
    audit.SECTION,
    coverage.SECTION,
    provenance.SECTION,
)
"""The parts of the page. A stage that leaves something to show adds a file in `sections` and a line here."""


def write_page(run: RunFolder) -> tuple[Markup, list[str]]:
    """The page, and the ids of the sections that it has.

    The page loads nothing: its policy forbids the browser to, and to run any script but the page's own.
    """
    parts = [(section, _render(section, run)) for section in SECTIONS if section.applies(run)]
    style, script = ((FOLDER / name).read_text(encoding="utf-8") for name in ("style.css", "page.js"))
    page = fill(
        "page.html",
        name=run.name,
        kind=_kind(run),
        written=max((stage.provenance.get("written", "") for stage in run.stages), default="")[:10],
        version=__version__,
        parts=parts,
        style=Markup(style),
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    return page, [section.id for section, _ in parts]


def _render(section: Section, run: RunFolder) -> Markup:
    """A section; where its files cannot be used, a note that says so: the others are still worth reading."""
    try:
        return section.render(run)
    except TfpartialError as error:
        LOG.warning("%s: %s", section.title, error)
        return fill("note.html", text=str(error))


def _kind(run: RunFolder) -> str:
    if not run.cells:
        return f"{len(run.stages)} stage{'s' * (len(run.stages) != 1)}"
    axes = {"method": ("method", "methods"), "alpha": ("share of labels", "shares of labels"), "fold": ("fold", "folds")}
    axes |= {"seed": ("seed", "seeds")} if any("seed" in cell for cell in run.cells) else {}
    counts = {axis: len({str(cell.get(axis)) for cell in run.cells}) for axis in axes}
    return "sweep of " + " × ".join(f"{count} {axes[axis][count > 1]}" for axis, count in counts.items())
