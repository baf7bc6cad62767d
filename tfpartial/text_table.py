"""A table of text as Markdown and as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

ALL = "all organs"
UNDEFINED = "n/a"
MARKDOWN = re.compile(r"[\\`*_\[\]<>|~$&]")
LATEX = {
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "|": "$|$",
    "±": r"$\pm$",
    "−": "$-$",
    "–": "--",
    "→": r"$\to$",
    "α": r"$\alpha$",
}
"""Letters that LaTeX takes for commands, or that its standard fonts lack."""


class Cell(NamedTuple):
    """One cell."""

    text: str
    bold: bool = False


@dataclass(frozen=True)
class Table:
    """A table: columns of names, then columns of numbers.

    Args:
        header: names of the columns.
        rows: as many cells each.
        caption: what the numbers are.
        apart: whether a line stands before the last row.
        names: number of columns with names.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    caption: str
    apart: bool = False
    names: int = 1

    @property
    def numbers(self) -> int:
        """Number of columns with numbers."""
        return len(self.header) - self.names


def markdown(table: Table) -> str:
    """The table, and its caption in a paragraph below, in the Markdown of GitHub."""
    lines = [
        [_markdown_text(name) for name in table.header],
        ["---"] * table.names + ["---:"] * table.numbers,
        *([_markdown_cell(cell) for cell in row] for row in table.rows),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + f"\n{_markdown_text(table.caption)}\n"


def latex(table: Table) -> str:
    """A `table` environment with the rules of the package booktabs."""
    rows = [_latex_row(_latex_cell(cell) for cell in row) for row in table.rows]
    if table.apart:
        rows.insert(-1, r"\midrule")
    lines = [
        r"% \usepackage{booktabs}",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{_latex_text(table.caption)}}}",
        rf"\begin{{tabular}}{{{'l' * table.names}{'r' * table.numbers}}}",
        r"\toprule",
        _latex_row(map(_latex_text, table.header)),
        r"\midrule",
        *rows,
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _markdown_cell(cell: Cell) -> str:
    text = _markdown_text(cell.text)
    return f"**{text}**" if cell.bold else text


def _markdown_text(text: str) -> str:
    return MARKDOWN.sub(r"\\\g<0>", _line(text))


def percent(share: float | None) -> str:
    """A share in percent with two decimals, as the thesis has it."""
    return UNDEFINED if share is None else f"{100 * share:.2f}"


def _latex_cell(cell: Cell) -> str:
    text = _latex_text(cell.text)
    return rf"\textbf{{{text}}}" if cell.bold else text


def _latex_text(text: str) -> str:
    return "".join(LATEX.get(letter, letter) for letter in _line(text))


def _latex_row(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def _line(text: str) -> str:
    """A name may have line breaks, a cell may not."""
    return " ".join(text.split())
