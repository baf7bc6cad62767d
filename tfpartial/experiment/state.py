"""How far a planned stage is, from its folder alone."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from tfpartial.artifacts import UNFINISHED, read_json
from tfpartial.errors import TfpartialError
from tfpartial.experiment.plan import PlannedStage
from tfpartial.provenance import input_checksums, is_finished
from tfpartial.stage_folder import differences
from tfpartial.stages import OUTPUTS

LOCK = ".lock"
EXECUTION = ("workers", "scheduler")
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
        if changes:
            return Finding(State.CHANGED, "; ".join(changes))
        apart = _apart(stage)
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


def left_by_others(folder: Path) -> list[str]:
    """Names in a folder, apart from those that a killed run may leave before it writes its configuration."""
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.name != LOCK and not path.name.startswith(UNFINISHED))


def _require_empty(folder: Path) -> None:
    others = left_by_others(folder)
    if others:
        raise TfpartialError(f"{folder}: expected an empty folder or one that a run began, got one with {others[0]}")


def _apart(stage: PlannedStage) -> list[str]:
    """Names of input files that are other ones than when the stage began. Names, since a run's folder may have been moved."""
    path = stage.folder / "provenance.json"
    recorded = read_json(path, "provenance of the stage").get("inputs", {}) if path.is_file() else {}
    before, now = _by_name(recorded), _by_name(input_checksums(stage.config))
    return sorted({name for name, _ in before ^ now})


def _by_name(checksums: Mapping[str, str]) -> set[tuple[str, str]]:
    return {(Path(file).name, checksum) for file, checksum in checksums.items()}
