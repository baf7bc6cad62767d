"""What relabeling reached, step by step, from the files that it left (thesis, Table 3.8)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tfpartial.artifacts import parsing, read_json
from tfpartial.csv_file import read_frame, require_columns
from tfpartial.data.fold.pseudo_labels import AUDIT, SUMMARY
from tfpartial.errors import TfpartialError
from tfpartial.text_table import ALL, UNDEFINED, Cell, Table, percent

STEP = re.compile(r"step-(\d+)")


@dataclass(frozen=True)
class Measure:
    """What a step left of one organ, or of all. Shares are None where the truth is not known or nothing is counted.

    Args:
        cases: cases that may get labels of the organ.
        candidates: voxels predicted as the organ that the step chose among.
        added: voxels that became labels at this step.
        voxels: all pseudo-labels of the organ after it.
        precision: share of those that are right.
        recall: share of the true voxels without expert's label that they cover.
        precision_added: share of the added ones that is right.
    """

    cases: int
    candidates: int
    added: int
    voxels: int
    precision: float | None
    recall: float | None
    precision_added: float | None


@dataclass(frozen=True)
class MeasuredStep:
    """One step.

    Args:
        step: its number, from 1.
        share: γ, the largest share of the candidates that it might take.
        threshold: confidence from which on it took candidates instead; None where it took a share.
        estimator: what told how sure a voxel is.
        organs: organ -> what it left of it.
        overall: the voxels of all organs together.
    """

    step: int
    share: float
    threshold: float | None
    estimator: str
    organs: Mapping[str, Measure]
    overall: Measure

    @property
    def rule(self) -> str:
        """What it took: `33 %`, or `from 0.9 on`."""
        return f"{100 * self.share:.3g} %" if self.threshold is None else f"from {self.threshold:g} on"

    def measure(self, organ: str) -> Measure | None:
        """Of an organ, or of `all organs`; None for an organ that no case lacks."""
        return self.overall if organ == ALL else self.organs.get(organ)


def read_steps(folder: Path) -> list[MeasuredStep]:
    """The steps of a folder that `relabel` wrote, from the first on; steps of `accept` have no summary and are left out.

    Raises:
        TfpartialError: no step with a summary, or a summary that is none.
    """
    paths = _summaries(folder)
    if not paths:
        raise TfpartialError(f"{folder}: expected steps that `relabel` wrote, found no step-*/{SUMMARY}")
    return [_read_step(path) for path in paths]


def has_steps(folder: Path) -> bool:
    """Whether a step in the folder was finished."""
    return bool(_summaries(folder))


def read_audit(folder: Path, step: int) -> pd.DataFrame:
    """The audit of a step: a row per case and organ that is not annotated there.

    Raises:
        TfpartialError: the file is not there, or is no such table.
    """
    path = folder / f"step-{step}" / AUDIT
    names, numbers = ("case", "organ"), ("candidates", "added", "voxels", "truth", "correct")
    table = read_frame(path, "a row per case and organ", names, numbers)
    require_columns(path, table, (*names, *numbers))
    return table


def step_table(steps: Sequence[MeasuredStep]) -> Table:
    """Steps as rows; added voxels, precision and recall of all organs, then precision / recall per organ, in % (Table 3.8)."""
    organs = list(dict.fromkeys(organ for step in steps for organ in step.organs))
    rows = [_row(step, organs) for step in steps]
    caption = (
        "Relabeling per step: what it took of the candidates, or from which confidence on; added voxels; precision and recall of "
        "all pseudo-labels so far, in %; per organ precision / recall."
    )
    return Table(["step", "taken", "added voxels", "precision", "recall", *organs], rows, caption)


def _row(step: MeasuredStep, organs: Sequence[str]) -> list[Cell]:
    overall = step.overall
    texts = [str(step.step), step.rule, str(overall.added), percent(overall.precision), percent(overall.recall)]
    for organ in organs:
        found = step.measure(organ)
        texts.append(UNDEFINED if found is None else f"{percent(found.precision)} / {percent(found.recall)}")
    return [Cell(text) for text in texts]


def _summaries(folder: Path) -> list[Path]:
    found = {int(match[1]): path / SUMMARY for path in folder.glob("step-*") if (match := STEP.fullmatch(path.name))}
    return [found[step] for step in sorted(found) if found[step].is_file()]


def _read_step(path: Path) -> MeasuredStep:
    what = "summary of a relabel step"
    content = read_json(path, what)
    with parsing(path, what):
        organs = {organ: _measure(found) for organ, found in content["organs"].items()}
        step, share, threshold, estimator = (content[name] for name in ("step", "share", "threshold", "estimator"))
        return MeasuredStep(step, share, threshold, estimator, organs, _measure(content["overall"]))


def _measure(content: Mapping[str, Any]) -> Measure:
    return Measure(**{name: content[name] for name in Measure.__dataclass_fields__})
