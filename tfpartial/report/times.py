"""How long stages took."""

from __future__ import annotations

from collections.abc import Iterable

from tfpartial.experiment.child import MINUTES
from tfpartial.finished_stages import FoundStage


def stage_minutes(stage: FoundStage) -> float | None:
    """Of the process that finished the stage when a run did it, else what the stage itself measured; None when nobody did."""
    summary = stage.summary
    found = summary.get(MINUTES, summary.get("minutes"))
    if found is None and "seconds" in summary:
        found = summary["seconds"] / 60
    return found


def total_minutes(stages: Iterable[FoundStage]) -> float | None:
    """The sum over the stages whose time is known; None when none is."""
    known = [minutes for stage in stages if (minutes := stage_minutes(stage)) is not None]
    return sum(known) if known else None
