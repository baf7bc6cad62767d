"""Goes through planned stages in their order."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tfpartial.config import RunConfig, SweepConfig
from tfpartial.experiment.child import MINUTES
from tfpartial.experiment.plan import PlannedStage, after, named
from tfpartial.experiment.state import Finding, State, examine, require_usable
from tfpartial.experiment.work import undo, work
from tfpartial.provenance import summary_of

logger = logging.getLogger(__name__)


def folder_of(config: RunConfig | SweepConfig) -> Path:
    """The folder of a run, absolute, so that its stages are the same from wherever they are started."""
    return (config.out or Path("runs") / config.experiment.stem).absolute()


def until(chains: Sequence[Sequence[PlannedStage]], name: str | None) -> list[PlannedStage]:
    """The stages of each chain up to the last that a person calls `name`, of a chain without one none; all when it is None.

    Raises:
        TfpartialError: no chain has one.
    """
    stages = {stage.name: stage for chain in chains for stage in chain}
    if name is None:
        return list(stages.values())
    ends = {stage.name for stage in named(stages.values(), name, "until")}
    chosen: dict[str, PlannedStage] = {}
    for chain in chains:
        length = max((place for place, stage in enumerate(chain, 1) if stage.name in ends), default=0)
        chosen |= {stage.name: stage for stage in chain[:length]}
    return list(chosen.values())


def redo(stages: Sequence[PlannedStage], name: str) -> None:
    """Empties the folders of the stages that a person calls `name`, and of all that rest on them.

    Raises:
        TfpartialError: there is none, or a folder is not this run's or is being worked in.
    """
    chosen = _to_redo(stages, name)
    for stage in reversed(chosen):
        undo(stage)
    logger.info("to be done again: %s", ", ".join(stage.name for stage in chosen))


def require_all_usable(stages: Iterable[PlannedStage]) -> None:
    """Raises `TfpartialError` for the first stage whose folder is not what is asked for, before any is worked on."""
    for stage in stages:
        require_usable(stage, examine(stage))


def work_through(stages: Sequence[PlannedStage]) -> None:
    """Does the stages that are not finished. Raises `TfpartialError` as `work` does, at the first that fails."""
    for place, stage in enumerate(stages, 1):
        if examine(stage).state is State.FINISHED:
            logger.info("[%d/%d] %s: finished already", place, len(stages), stage.name)
        else:
            logger.info("[%d/%d] %s: %s", place, len(stages), stage.name, stage.folder)
            work(stage)


def forecast(stages: Sequence[PlannedStage], again: str | None = None) -> list[dict[str, Any]]:
    """A table of what would be done; `again` is a stage as `redo` takes it."""
    redone = {stage.name for stage in _to_redo(stages, again)} if again is not None else set()
    return [row | ({"state": "to be redone", "reason": ""} if row["stage"] in redone else {}) for row in rows(stages)]


def _to_redo(stages: Sequence[PlannedStage], name: str) -> list[PlannedStage]:
    return after(stages, [stage.name for stage in named(stages, name, "redo")])


def rows(stages: Iterable[PlannedStage]) -> list[dict[str, Any]]:
    """A table of the stages: their folder, state, minutes, and why they cannot be used."""
    return [
        {"stage": stage.name, "state": str(finding.state), "minutes": minutes(stage, finding), "reason": finding.reason}
        for stage, finding in ((stage, examine(stage)) for stage in stages)
    ]


def minutes(stage: PlannedStage, finding: Finding) -> float | None:
    """How long the process took that finished the stage; None for another stage, or one killed before it could tell."""
    return summary_of(stage.folder).get(MINUTES) if finding.state is State.FINISHED else None
