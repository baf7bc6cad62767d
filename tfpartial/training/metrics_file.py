"""`metrics.csv`: one row per epoch."""

from __future__ import annotations

import csv
from pathlib import Path

from tfpartial.artifacts import atomic_file
from tfpartial.unfinished import naming


class MetricsFile:
    """Appends a row per epoch; a resumed training continues after its last finished epoch.

    Args:
        path: the file.
        columns: its columns; the first is `epoch`.
        epochs_done: rows of later epochs, left by a killed run, are dropped.
    """

    def __init__(self, path: Path, columns: tuple[str, ...], epochs_done: int) -> None:
        self.path, self.columns = path, columns
        rows = self._read() if path.is_file() else []
        with atomic_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(row for row in rows if int(row["epoch"]) <= epochs_done)

    def append(self, row: dict[str, float | int | str]) -> None:
        """Adds a row; columns without a value stay empty."""
        with naming(self.path), self.path.open("a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, self.columns, restval="").writerow(row)

    def _read(self) -> list[dict[str, str]]:
        with self.path.open(newline="", encoding="utf-8") as file:
            # A row that the killed run had not finished has no value in its last columns.
            return [row for row in csv.DictReader(file) if None not in row.values()]
