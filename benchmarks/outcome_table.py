"""A table of outcomes that grows row by row, so that a campaign goes on where it was ended."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path


class OutcomeTable:
    """A CSV file with a row per trial.

    Args:
        path: the file; it is made with the first row.
        columns: its columns.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path, self.columns = path, columns

    def rows(self) -> list[dict[str, str]]:
        """The rows so far."""
        if not self.path.is_file():
            return []
        with self.path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def append(self, row: Sequence[object]) -> None:
        """Adds a row."""
        new = not self.path.is_file()
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(self.columns)
            writer.writerow(row)
