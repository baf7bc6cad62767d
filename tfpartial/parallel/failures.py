"""What the user reads when a case fails."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from tfpartial.errors import TfpartialError


class WorkerDied(Exception):
    """The worker was killed while it had the case."""


def raise_named(error: Exception, case: str) -> NoReturn:
    """One clear line that names the case for what a user can mend, else the same exception with a note."""
    if isinstance(error, TfpartialError):
        if case in str(error):
            raise error
        raise TfpartialError(f"case {case}: {error}") from error
    if isinstance(error, OSError | MemoryError):
        raise TfpartialError(f"case {case}: {type(error).__name__}: {error}") from error
    error.add_note(f"while working on case {case}")
    raise error


def given_up(cases: Iterable[str]) -> TfpartialError:
    """The error for cases whose worker died each time."""
    return TfpartialError(
        f"given up: {', '.join(cases)}: the worker process was killed (out of memory?), and again when nothing else was running; "
        "all other cases are finished"
    )
