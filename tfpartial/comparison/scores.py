"""The files of `score`: written by it, read by `compare` and `report`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from tfpartial.artifacts import parsing, read_json, write_json
from tfpartial.csv_file import read_frame, write_frame
from tfpartial.errors import TfpartialError
from tfpartial.metrics.scoring import IN_REFERENCE, METRICS, OrganScore
from tfpartial.names import CaseId, require_cases
from tfpartial.provenance import is_finished

SCORES = "scores.csv"
SUMMARY = "summary.json"
COLUMNS = tuple(field.name for field in fields(OrganScore))
NAMES = ("case", "organ", "state", "reason")
NUMBERS = (*METRICS, "volume_reference_ml", "volume_prediction_ml")


@dataclass(frozen=True)
class Scores:
    """What `score` found out.

    Args:
        table: one row per case and organ, the fields of `OrganScore`.
        organs: the organs, in the order of their ids.
        predictions: folder of the label maps that were scored; it may have gone since.
        manifest: the data set that they were scored against; it may have gone since.
        settings: what the metrics were computed with: `surface` and `tolerances_mm`.
    """

    table: pd.DataFrame
    organs: tuple[str, ...]
    predictions: Path
    manifest: Path
    settings: Mapping[str, Any]

    @cached_property
    def counted(self) -> pd.DataFrame:
        """The table as means count it: no metric of an organ that the reference does not have (`IN_REFERENCE`)."""
        values = self.table[list(METRICS)].where(self.table["state"].isin(IN_REFERENCE))
        return self.table.assign(**values)

    @property
    def cases(self) -> set[CaseId]:
        """The test cases."""
        return set(self.table["case"])


def write_scores(folder: Path, scores: Iterable[OrganScore], summary: dict[str, Any]) -> None:
    """Writes `scores.csv`, one row per case and organ, empty where a value is undefined, and `summary.json`."""
    write_frame(folder / SCORES, pd.DataFrame(list(scores), columns=list(COLUMNS)))
    write_json(folder / SUMMARY, summary)


def seen_from(folder: Path, path: Path) -> str:
    """A path as the summary has it: relative to its folder, so that it is found again when both were moved together."""
    return os.path.relpath(path.resolve(), folder.resolve())


def read_scores(folder: Path) -> Scores:
    """Reads what `score` wrote.

    Raises:
        TfpartialError: the folder holds no scores, unfinished ones, or those of another version.
    """
    what = "summary of the verb score"
    summary = read_json(folder / SUMMARY, what)
    if not is_finished(folder):
        raise TfpartialError(f"{folder}: the scores are not finished (no done.json); expected those of `score` when it has ended")
    with parsing(folder / SUMMARY, what):
        about: dict[str, Any] = {
            "organs": tuple(row["organ"] for row in summary["organs"]),
            "predictions": _located(folder, summary["predictions"]),
            "manifest": _located(folder, summary["manifest"]),
            "settings": {name: summary[name] for name in ("surface", "tolerances_mm")},
        }
    return Scores(_read_table(folder / SCORES), **about)


def _located(folder: Path, path: str) -> Path:
    """The reverse of `seen_from`."""
    return Path(os.path.normpath(folder.absolute() / path))


def _read_table(path: Path) -> pd.DataFrame:
    table = read_frame(path, "the scores of each case and organ", NAMES, NUMBERS)
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise TfpartialError(f"{path}: has no column {', '.join(missing)}: another version wrote it; score the label maps again")
    require_cases(table["case"].unique(), path)
    twice = table[table.duplicated(["case", "organ"])]
    if len(twice):
        raise TfpartialError(
            f"{path}: expected one row per case and organ, got two of {twice.iloc[0]['case']}, {twice.iloc[0]['organ']}"
        )
    return table
