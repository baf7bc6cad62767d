"""Names of cases and organs: they become names of files and rows of tables, and strangers choose them.

What makes a path of a case's name takes a `CaseId`. Only this module makes one, when it has looked at the name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NewType, TypeVar

from tfpartial.errors import TfpartialError

V = TypeVar("V")
CaseId = NewType("CaseId", str)
"""The name of a case after `require_case`: it can be the name of a file, and leads out of no folder."""
LONGEST = 200
"""Bytes of a name. A file system allows 255; temporary names and endings need the rest."""
ROWS = ("mean of organs", "all organs", "mean")
"""What tables call their rows over all organs."""
UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")
"""Unicode categories of control characters, of bytes that are no text, and of line ends."""
SHOWN = 60


def fault_of_case(name: object) -> str | None:
    """Why a name cannot be that of a case, thus of a file; None for a good one."""
    if not isinstance(name, str) or not name.strip():
        return "expected a name that is not empty"
    if "/" in name or "\\" in name:
        return "a name becomes a file name: expected none with '/' or '\\'"
    if name.startswith("."):
        return "a name becomes a file name: expected none that begins with '.'"
    return _fault_of_text(name)


def fault_of_organ(name: object) -> str | None:
    """Why a name cannot be that of an organ; None for a good one."""
    if not isinstance(name, str) or not name.strip():
        return "expected non-empty names"
    if name in ROWS:
        return "tables call the row over all organs so; expected another name"
    return _fault_of_text(name)


def require_case(name: object, where: Path | str) -> CaseId:
    """The name as the id of a case.

    Args:
        name: the name.
        where: the file or the option that has it, for the message.

    Raises:
        TfpartialError: it cannot be that of a case.
    """
    fault = fault_of_case(name)
    if fault:
        raise TfpartialError(f"{where}: case {quoted(name)}: {fault}")
    return CaseId(str(name))


def require_cases(names: Iterable[object], where: Path | str) -> tuple[CaseId, ...]:
    """Several names as ids, as `require_case` makes them."""
    return tuple(require_case(name, where) for name in names)


def by_case(values: Mapping[str, V], where: Path | str) -> dict[CaseId, V]:
    """A mapping from names of cases as one from their ids, as `require_case` makes them."""
    return {require_case(name, where): value for name, value in values.items()}


def folded(name: str) -> str:
    """What spellings of one name have in common: in upper or lower case, with accents as macOS writes them or as others do."""
    return unicodedata.normalize("NFC", name.casefold())


def quoted(name: object) -> str:
    """A name for an error: its beginning, with escapes for what cannot be printed."""
    text = repr(name)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _fault_of_text(name: str) -> str | None:
    if any(unicodedata.category(letter) in UNPRINTABLE for letter in name):
        return "expected a name without control characters"
    if len(name.encode()) > LONGEST:
        return f"expected a name of at most {LONGEST} bytes, got {len(name.encode())}"
    return None
