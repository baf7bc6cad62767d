"""How far a planned stage is, from its folder alone."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from tfpartial.artifacts import left_by_others
from tfpartial.errors import TfpartialError
from tfpartial.experiment.plan import PlannedStage
from tfpartial.provenance import is_finished
from tfpartial.stage_folder import changed_inputs, changed_threads, differences
from tfpartial.stages import OUTPUTS

EXECUTION = ("workers", "scheduler", "connect_timeout_s")
"""Options that say where a stage works: the result is the same."""


class State(StrEnum):
    """What is to be done about a stage."""

    NEW = "new"
    UNFINISHED = "unfinished"
    FINISHED = "finished"
    CHANGED = "changed"
    STALE = "stale"


class Finding(NamedTuple):
    """The state of a stage, and why it cannot be used as it is."""

    state: State
    reason: str = ""


def examine(stage: PlannedStage) -> Finding:
    """Compares the folder with the plan.

    What a stage left is of use when it was begun with the options and the inputs that are asked for now. A stage that does
    not resume starts from nothing, so only when it is finished does it matter what it was begun with. One that gathers cells is
    done again when there are others, as a sweep grows.

    Raises:
        TfpartialError: the folder holds something that no run began.
    """
    begun = stage.folder / "config.yaml"
    if not begun.is_file():
        _require_empty(stage.folder)
        return Finding(State.NEW)
    finished = is_finished(stage.folder)
    # Killed before it wrote its provenance, the stage has done nothing.
    if finished or (stage.resumes and (stage.folder / "provenance.json").is_file()):
        changes = differences(begun, stage.verb, stage.config, apart_from={*stage.wired, *EXECUTION})
        threads = None if finished else changed_threads(stage.folder, stage.config)
        if changes or threads:
            return Finding(State.CHANGED, threads if threads and not changes else "; ".join(changes))
        apart = changed_inputs(stage.folder, stage.config)
        if apart and OUTPUTS[stage.verb].gathers:
            return Finding(State.UNFINISHED, f"it gathers others now: {', '.join(apart)}")
        if apart:
            return Finding(State.STALE, f"its inputs are others now: {', '.join(apart)}")
    return Finding(State.FINISHED if finished else State.UNFINISHED)


def require_usable(stage: PlannedStage, finding: Finding) -> None:
    """Raises `TfpartialError` when what the folder holds is not what is asked for; the message tells how to do it again."""
    if finding.state in (State.CHANGED, State.STALE):
        what = "was begun with another configuration" if finding.state is State.CHANGED else "is stale"
        way_out = f"--redo {stage.verb} does it again with all that rests on it, or choose another out"
        raise TfpartialError(f"{stage.folder}: {what} ({finding.reason}); {way_out}")


def _require_empty(folder: Path) -> None:
    others = left_by_others(folder)
    if others:
        raise TfpartialError(f"{folder}: expected an empty folder or one that a run began, got one with {others[0]}")
