"""Text from strangers, for terminals and for spreadsheets."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode categories of what a terminal obeys instead of showing it, the marks that turn the direction of writing included."""
FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""How a cell begins that a spreadsheet computes instead of showing it (OWASP, CSV injection), behind our own quotes, if any."""


def for_terminal(text: str) -> str:
    r"""The text with `\x1b` and the like for each character that would steer the terminal; line breaks and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(letter) for letter in text)


def for_cell(value: Any) -> Any:
    """A value of a CSV file; a text that a spreadsheet would take for a formula has a quote before it, see `from_cell`."""
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else value


def from_cell(text: Any) -> Any:
    """The inverse of `for_cell`."""
    return text[1:] if isinstance(text, str) and text.startswith("'") and FORMULA.match(text) else text


def _escaped(letter: str) -> str:
    if letter in "\n\t" or unicodedata.category(letter) not in HIDDEN:
        return letter
    return letter.encode("unicode_escape", "backslashreplace").decode("ascii")
