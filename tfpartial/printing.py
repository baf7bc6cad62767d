"""How a stage's summary is shown: a table for people, JSON for machines."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tfpartial.safe_text import for_terminal


def print_summary(summary: Mapping[str, Any], as_json: bool) -> None:
    """Prints a summary on standard output.

    Args:
        summary: names and values; a list of dictionaries is shown as a table.
        as_json: one JSON object instead.
    """
    if as_json:
        print(json.dumps(summary, indent=1, default=str))
        return
    # A table is cut to the terminal, but not to the 80 columns that a pipe or a log file seems to have.
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=200)
    for name, value in summary.items():
        if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
            console.print(_table(name, value))
        else:
            console.print(for_terminal(f"{name}: {_text(value)}"), markup=False, soft_wrap=True)


class SafeFormatter(logging.Formatter):
    """Log lines in which names from strangers cannot steer the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """As Python's."""
        return for_terminal(super().format(record))


def _table(title: str, rows: list[dict[str, Any]]) -> Table:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    table = Table(title=Text(title), title_justify="left")
    for name in columns:
        numeric = all(isinstance(row.get(name), int | float | None) for row in rows)
        table.add_column(Text(for_terminal(name)), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(for_terminal(_text(row.get(name)))) for name in columns))  # as it is: brackets are no markup
    return table


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(item)}" for name, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_text(item) for item in value)
    return str(value)
