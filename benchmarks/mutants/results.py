"""The rows of a mutation run, in a CSV file that grows, so that a run that was ended goes on."""

from __future__ import annotations

import csv
import dataclasses
from dataclasses import dataclass
from pathlib import Path

from tfpartial.errors import TfpartialError

KILLED, ENDED, SURVIVED = "killed", "timeout", "survived"
DETECTED = (KILLED, ENDED)


@dataclass(frozen=True)
class Row:
    """A mutant and what the tests made of it.

    Args:
        package: of `tfpartial`.
        module: path of the source file.
        line: from 1.
        column: from 0.
        operator: of cosmic-ray.
        was: the line of the source.
        becomes: the line of the mutant.
        outcome: `killed`, `timeout` (killed, too) or `survived`, when it was first tried.
        seconds: that this took.
        killed_by: the test that failed first, or the file that could not be imported.
        now: outcome after survivors were tried again.
    """

    package: str
    module: str
    line: int
    column: int
    operator: str
    was: str
    becomes: str
    outcome: str
    seconds: float
    killed_by: str
    now: str

    @property
    def key(self) -> tuple[str, int, int, str]:
        return self.module, self.line, self.column, self.operator


COLUMNS = tuple(field.name for field in dataclasses.fields(Row))


def read_rows(path: Path) -> list[Row]:
    """The rows of a file; none where there is no file.

    Raises:
        TfpartialError: the file has other columns.
    """
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise TfpartialError(f"{path}: expected the columns {', '.join(COLUMNS)}; found {reader.fieldnames}")
        return [_row(values) for values in reader]


def write_rows(path: Path, rows: list[Row]) -> None:
    """Replaces the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(dataclasses.asdict(row) for row in rows)


def _row(values: dict[str, str]) -> Row:
    numbers = {"line": int(values["line"]), "column": int(values["column"]), "seconds": float(values["seconds"])}
    return Row(**{**values, **numbers})  # type: ignore[arg-type]
