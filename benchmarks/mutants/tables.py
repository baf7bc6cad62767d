"""The scores of a mutation run and its survivors as tables: `python -m benchmarks.mutants.tables` writes them anew.

The reasons why a survivor survives are written by hand, in `reasons.csv` beside the samples.
"""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.mutants.results import DETECTED, Row, read_rows
from tfpartial.artifacts import read_json, write_text
from tfpartial.errors import TfpartialError

FOLDER = Path(__file__).parents[2] / "docs" / "results" / "mutants"
KINDS = ("equivalent", "message", "speed", "untested")
"""Why a mutant survives: it does the same; it says something else; it is slower or larger; a test is missing."""
COLUMNS = ("package", "places", "mutants", "equivalent", "killed at first", "score at first, %", "95 % interval")
HEADER = f"| {' | '.join(COLUMNS)} | killed now | score now, % |"
Key = tuple[str, int, int, str]
"""Module, line, column, operator."""
Z = 1.96
"""Of a 95 % interval."""


class Reason(NamedTuple):
    """Why a mutant survives: one of `KINDS`, and a sentence."""

    kind: str
    text: str


def wilson(successes: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927, score interval); (0, 1) for n = 0."""
    if n == 0:
        return 0.0, 1.0
    share, z2 = successes / n, Z**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def read_reasons(path: Path) -> dict[Key, Reason]:
    """The reason of each survivor.

    Raises:
        TfpartialError: a kind that is none of `KINDS`.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["kind"] not in KINDS:
            place = f"{path}: {row['module']}:{row['line']}"
            raise TfpartialError(f"{place}: expected one of {', '.join(KINDS)}; found {row['kind']}")
    keys = [(row["module"], int(row["line"]), int(row["column"]), row["operator"]) for row in rows]
    return {key: Reason(row["kind"], row["reason"]) for key, row in zip(keys, rows, strict=True)}


class Counts(NamedTuple):
    """Of a package: places that can be mutated, mutants, survivors that do the same, killed when first tried, killed now."""

    places: int
    mutants: int
    equivalent: int
    first: int
    now: int

    @property
    def different(self) -> int:
        return self.mutants - self.equivalent

    @property
    def variance(self) -> float:
        """Of the score at first, with two more of each kind, so that a score of 1 is not without doubt (Agresti and Coull)."""
        share = (self.first + 2) / (self.different + 4)
        return share * (1 - share) / (self.different + 4)

    def line(self, name: str, first: float, low: float, high: float, now: float) -> str:
        of_first = f"{self.first} | {100 * first:.1f} | {100 * low:.1f} to {100 * high:.1f}"
        return f"| {name} | {self.places} | {self.mutants} | {self.equivalent} | {of_first} | {self.now} | {100 * now:.1f} |"


def scores(rows: Sequence[Row], reasons: Mapping[Key, Reason], places: Mapping[str, int]) -> str:
    """Scores by package in Markdown: shares of killed mutants among those that are not equivalent.

    That of all packages weights each by its places; its interval is the normal one of a stratified sample. The score now has
    none: tests were added for the survivors of this very sample.

    Args:
        rows: of one sample.
        reasons: of its survivors.
        places: package -> how many places of it can be mutated.
    """
    found = {package: _count([row for row in rows if row.package == package], reasons, places[package]) for package in places}
    lines = [HEADER, "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for package, counts in found.items():
        interval = wilson(counts.first, counts.different)
        lines.append(counts.line(package, counts.first / counts.different, *interval, counts.now / counts.different))
    total = Counts(*(sum(column) for column in zip(*found.values(), strict=True)))
    weighted = [(counts.places / total.places, counts) for counts in found.values()]
    first = sum(weight * counts.first / counts.different for weight, counts in weighted)
    now = sum(weight * counts.now / counts.different for weight, counts in weighted)
    half = Z * math.sqrt(sum(weight**2 * counts.variance for weight, counts in weighted))
    lines.append(total.line("all", first, first - half, min(1.0, first + half), now))
    return "\n".join(lines) + "\n"


def _count(rows: Sequence[Row], reasons: Mapping[Key, Reason], places: int) -> Counts:
    first = sum(row.outcome in DETECTED for row in rows)
    now = sum(row.now in DETECTED for row in rows)
    same = sum(row.now not in DETECTED and row.key in reasons and reasons[row.key].kind == "equivalent" for row in rows)
    return Counts(places, len(rows), same, first, now)


def survivors(rows: Sequence[Row], reasons: Mapping[Key, Reason]) -> str:
    """The mutants that survive, with their reasons, in Markdown.

    Raises:
        TfpartialError: a survivor without a reason.
    """
    lines = ["| place | code | mutant | why it survives |", "| --- | --- | --- | --- |"]
    for row in sorted(rows, key=lambda row: row.key):
        if row.now not in DETECTED:
            if row.key not in reasons:
                raise TfpartialError(f"{row.module}:{row.line}: {row.operator} survives; expected its reason in reasons.csv")
            kind, text = reasons[row.key]
            place = f"`{row.module.removeprefix('tfpartial/')}:{row.line}`"
            lines.append(f"| {place} | {_code(row.was)} | {_code(row.becomes)} | {kind}: {text} |")
    return "\n".join(lines) + "\n"


def tables(folder: Path = FOLDER) -> dict[str, str]:
    """File -> its text, for each sample of a folder.

    Raises:
        TfpartialError: a survivor without a reason.
    """
    reasons = read_reasons(folder / "reasons.csv")
    found = {}
    for sample in sorted(folder.glob("sample*.csv")):
        rows = read_rows(sample)
        places = read_json(sample.with_suffix(".json"), "what the sample is of")["places"]
        found[f"{sample.stem}_scores.md"] = scores(rows, reasons, places)
        found[f"{sample.stem}_survivors.md"] = survivors(rows, reasons)
    return found


def _code(line: str) -> str:
    return "`" + line.strip().replace("|", "\\|") + "`"


def main() -> int:
    """Writes the tables; returns the exit status."""
    try:
        for name, text in tables().items():
            write_text(FOLDER / name, text)
    except TfpartialError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
