"""The files of `score`: written by it, read by `compare`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from tfpartial.artifacts import atomic_file, parsing, read_json, write_json
from tfpartial.errors import TfpartialError
from tfpartial.metrics.scoring import METRICS, OrganScore

SCORES = "scores.csv"
SUMMARY = "summary.json"
SHOWN = 5
"""Cases that an error lists."""
COLUMNS = tuple(field.name for field in fields(OrganScore))
NUMBERS = (*METRICS, "volume_reference_ml", "volume_prediction_ml")


@dataclass(frozen=True)
class MethodScores:
    """The scores of one method.

    Args:
        name: what tables and pictures call it.
        table: one row per case and organ, the fields of `OrganScore`.
        predictions: folder of the label maps that were scored.
        organs: the organs, in the order of their ids.
    """

    name: str
    table: pd.DataFrame
    predictions: Path
    organs: tuple[str, ...]

    def organ_means(self) -> pd.Series:
        """Mean DSC of each organ over the cases where it is defined; NaN where it is in none."""
        return self.table.groupby("organ")["dsc"].mean().reindex(list(self.organs))

    def case_means(self) -> pd.Series:
        """Mean DSC of each case over the organs where it is defined, best first; cases without any are left out."""
        means = self.table.groupby("case")["dsc"].mean().dropna()
        return means.sort_index().sort_values(ascending=False, kind="stable")


def write_scores(folder: Path, scores: Iterable[OrganScore], summary: dict[str, Any]) -> None:
    """Writes `scores.csv`, one row per case and organ, empty where a value is undefined, and `summary.json`."""
    table = pd.DataFrame(list(scores), columns=list(COLUMNS))
    with atomic_file(folder / SCORES) as temporary:
        table.to_csv(temporary, index=False)
    write_json(folder / SUMMARY, summary)


def read_scores(folder: Path, name: str) -> MethodScores:
    """Reads what `score` wrote.

    Raises:
        TfpartialError: the folder holds no scores, or those of another version.
    """
    summary = read_json(folder / SUMMARY, "summary of the verb score")
    with parsing(folder / SUMMARY, "summary of the verb score"):
        organs, predictions = tuple(row["organ"] for row in summary["organs"]), Path(summary["predictions"])
    return MethodScores(name, _read_table(folder / SCORES), predictions, organs)


def _read_table(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise TfpartialError(f"{path}: no such file; expected the scores of each case and organ")
    # Case ids such as "007" and organs such as "NA" are names, never numbers or missing values.
    names = dict.fromkeys(("case", "organ", "reason"), str)
    table = pd.read_csv(path, dtype=names, keep_default_na=False, na_values={number: [""] for number in NUMBERS})
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise TfpartialError(f"{path}: has no column {', '.join(missing)}: another version wrote it; score the label maps again")
    return table


def read_methods(folders: Sequence[Path]) -> list[MethodScores]:
    """Reads the scores of several methods that shall be compared.

    Raises:
        TfpartialError: no folder, or two methods were scored on other cases or organs: their means would not compare.
    """
    if not folders:
        raise TfpartialError("scores: expected at least one folder that `score` wrote, got none")
    methods = [read_scores(folder, name) for folder, name in zip(folders, method_names(folders), strict=True)]
    first = methods[0]
    for other in methods[1:]:
        both = f"scores of '{first.name}' and '{other.name}'"
        if other.organs != first.organs:
            organs = f"{', '.join(first.organs)} and {', '.join(other.organs)}"
            raise TfpartialError(f"{both}: expected the same organs, got {organs}")
        apart = sorted(set(first.table["case"]) ^ set(other.table["case"]))
        if apart:
            only = ", ".join(apart[:SHOWN]) + (", ..." if len(apart) > SHOWN else "")
            raise TfpartialError(f"{both}: expected the same cases; only one of them has {only}")
    return methods


def method_names(folders: Sequence[Path]) -> list[str]:
    """The folders' names; where two are equal (`naive/score`, `certain/score`), the names of the nearest folders that differ.

    Raises:
        TfpartialError: a folder is given twice.
    """
    parts = [folder.resolve().parts for folder in folders]
    for level in range(1, min(len(path) for path in parts) + 1):
        names = [path[-level] for path in parts]
        if len(set(names)) == len(names):
            return names
    raise TfpartialError(f"scores: expected folders that tell the methods apart, got {', '.join(map(str, folders))}")
