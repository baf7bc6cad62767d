"""Tables as CSV: written whole or not at all, without formulas; read with the file in every error."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfpartial.artifacts import atomic_file
from tfpartial.checksums import require_intact
from tfpartial.errors import TfpartialError
from tfpartial.safe_text import for_cell, from_cell

if TYPE_CHECKING:
    import pandas as pd


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Writes a table; None is an empty cell, and a text that looks like a formula has a quote before it (`for_cell`)."""
    with atomic_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows({name: for_cell(value) for name, value in row.items()} for row in rows)


def write_frame(path: Path, table: pd.DataFrame) -> None:
    """Writes a data frame in the same way, without its index; NaN is an empty cell."""
    with atomic_file(path) as temporary:
        table.map(for_cell).rename(columns=for_cell).to_csv(temporary, index=False)


def read_frame(path: Path, what: str, names: Collection[str], numbers: Collection[str] = ()) -> pd.DataFrame:
    """Reads what `write_frame` or `write_rows` wrote.

    Args:
        path: the file.
        what: what it should be, for errors ("a row per case and organ").
        names: columns of names, always text: "007" is no number, "NA" no missing value.
        numbers: columns of numbers; an empty cell is NaN.

    Raises:
        TfpartialError: no such file, one that was changed after its stage was finished, or no such table, such as one with a
            column twice or a row that ends early; see `require_columns`.
    """
    import pandas as pd  # late: some stages only write, and it takes half a second

    if not path.is_file():
        raise TfpartialError(f"{path}: no such file; expected {what}")
    require_intact(path)
    empty = {number: [""] for number in numbers}
    try:
        _require_even(path)
        with warnings.catch_warnings(action="error", category=pd.errors.ParserWarning):  # a first row that is too long
            table = pd.read_csv(path, dtype=dict.fromkeys(names, str), keep_default_na=False, na_values=empty, index_col=False)
        for name in table.columns.intersection(list(numbers)):
            table[name] = pd.to_numeric(table[name])
    except (ValueError, csv.Error, pd.errors.ParserWarning) as error:  # pandas' own errors are such, and wrong letters
        raise TfpartialError(f"{path}: expected {what}, got {' '.join(str(error).split())}") from error
    return table.assign(**{name: table[name].map(from_cell) for name in table.columns.intersection(list(names))})


def _require_even(path: Path) -> None:
    """Raises `ValueError` for what pandas mends in silence: it renames a column that is there twice, and fills up short rows."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = (row for row in csv.reader(file) if row)
        names = next(rows, [])
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ValueError(f"a column {twice[0]} twice")
        for number, row in enumerate(rows, start=1):
            if len(row) != len(names):
                raise ValueError(f"{len(row)} cells for {len(names)} columns in row {number}")


def require_columns(path: Path, table: pd.DataFrame, columns: Iterable[str]) -> None:
    """Raises `TfpartialError` for a column that a table lacks."""
    missing = [name for name in columns if name not in table]
    if missing:
        raise TfpartialError(f"{path}: expected a column {missing[0]}, got {', '.join(map(str, table.columns))}")
