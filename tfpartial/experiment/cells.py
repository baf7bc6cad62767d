"""Does the cells of a sweep and keeps their table."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tfpartial.artifacts import read_json, write_json
from tfpartial.comparison.scores import SUMMARY
from tfpartial.csv_file import write_rows
from tfpartial.errors import TfpartialError
from tfpartial.experiment.runner import minutes
from tfpartial.experiment.state import State, examine
from tfpartial.experiment.sweep import Cell
from tfpartial.experiment.work import work
from tfpartial.parallel import Scheduler, map_cases

FAILED = "failed"
Row = dict[str, Any]
logger = logging.getLogger(__name__)


class CellTable:
    """The rows of all cells, in `sweep.json` and `sweep.csv` from the start on.

    Args:
        folder: folder of the sweep.
        cells: the cells.
    """

    def __init__(self, folder: Path, cells: Sequence[Cell]) -> None:
        self._folder, self._cells = folder, cells
        self._rows = {cell.id: cell_row(cell) for cell in cells}
        self._write()

    @property
    def rows(self) -> list[Row]:
        """One row per cell."""
        return list(self._rows.values())

    @property
    def failed(self) -> list[Row]:
        """The rows of the cells that failed now."""
        return [row for row in self.rows if row["state"] == FAILED]

    def waiting(self) -> list[Cell]:
        """The cells with something to do that are not finished."""
        return [cell for cell in self._cells if cell.to_do and self._rows[cell.id]["state"] != State.FINISHED]

    def do(self, scheduler: Scheduler | None = None) -> Iterator[Row]:
        """Does the cells that are not finished; yields the row of each when it has ended, finished or failed.

        Args:
            scheduler: a Dask scheduler whose workers do the cells; none does one after the other here.

        Raises:
            TfpartialError: as `map_cases`; not for a cell that fails: its row has the reason.
        """
        for wave in [self.waiting()] if scheduler is None else waves(self.waiting()):
            for name, row in map_cases(_do_cell, wave, workers=1, scheduler=scheduler):
                self._rows[name] = row
                self._write()
                logger.info("%s: %s", name, row["reason"] or f"{row['state']}{_dsc_text(row['dsc'])}")
                yield row

    def _write(self) -> None:
        write_json(self._folder / "sweep.json", {"cells": self.rows})
        write_rows(self._folder / "sweep.csv", list(self.rows[0]) if self.rows else [], self.rows)


def waves(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Lists of cells that do not rest on each other; those that rest on stages of others stand in a later list than these."""
    wave_of: dict[str, int] = {}
    found: list[list[Cell]] = []
    for cell in cells:
        needed = {other.name for stage in cell.to_do for other in cell.needs(stage)}
        wave = max((wave_of[name] + 1 for name in needed & wave_of.keys()), default=0)
        wave_of |= {stage.name: wave for stage in cell.stages}
        if wave == len(found):
            found.append([])
        found[wave].append(cell)
    return found


def cell_row(cell: Cell, failure: str | None = None) -> Row:
    """What the table says of a cell: its place, state, mean DSC of its last scores, minutes, and why it failed.

    State and minutes are those of the stages that belong to it: no minute is in two rows.
    """
    findings = [(stage, examine(stage)) for stage in cell.stages]
    scored = [stage for stage in cell.chain if stage.verb == "score" and examine(stage).state is State.FINISHED]
    times = [minutes(stage, finding) for stage, finding in findings]
    return {
        **cell.labels,
        "state": FAILED if failure else str(_state([finding.state for _, finding in findings])),
        "dsc": _mean_dsc(scored[-1].output) if scored else None,
        "minutes": None if None in times else sum(filter(None, times)),
        "reason": failure or "; ".join(finding.reason for _, finding in findings if finding.reason),
    }


def _dsc_text(dsc: float | None) -> str:
    return "" if dsc is None else f", mean DSC {dsc:.3f}"


def _mean_dsc(scores: Path) -> float | None:
    return read_json(scores / SUMMARY, "summary of the scores")["overall"]["dsc"]["mean_of_organs"]


def _do_cell(cell: Cell) -> tuple[str, Row]:
    """Id and row of a cell, after its stages; it may be a worker of a cluster that does them."""
    failure = None
    try:
        for stage in cell.to_do:
            for other in cell.needs(stage):
                if examine(other).state is not State.FINISHED:
                    raise TfpartialError(f"{stage.name}: rests on {other.name}, which its own cell did not finish")
            work(stage, to_log=True)
    except (TfpartialError, OSError) as error:
        failure = " ".join(str(error).split())
    return cell.id, cell_row(cell, failure)


def _state(states: Sequence[State]) -> State:
    """That of all stages when they agree."""
    if len(set(states)) == 1:
        return states[0]
    unusable = [state for state in states if state in (State.CHANGED, State.STALE)]
    return unusable[0] if unusable else State.UNFINISHED
