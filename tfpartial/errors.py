"""The exceptions that a user is meant to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class TfpartialError(Exception):
    """Something in the input, the configuration or a file is not as it must be.

    The message is one line that names what is wrong, where, and what was expected. The command prints it without a traceback
    and exits with status 1.
    """

    summary: Mapping[str, Any] | None = None
    """What the command shows before the message."""


class InputProblems(TfpartialError):
    """Everything that is wrong with a data set, found in one pass.

    Args:
        message: one line with the totals.
        rows: one dictionary per problem; all have the same keys.
    """

    def __init__(self, message: str, rows: list[dict[str, str]]) -> None:
        super().__init__(message)
        self.rows = rows
        self.summary = {"problems": rows}

    def __reduce__(self) -> tuple[type[InputProblems], tuple[str, list[dict[str, str]]]]:
        # An exception is unpickled from `args` alone, and a worker process sends it so.
        return type(self), (str(self), self.rows)


class PartlyDone(TfpartialError):
    """Some of the work failed, all other is done.

    Args:
        message: one line with the totals.
        summary: what was reached, as the command shows it.
    """

    def __init__(self, message: str, summary: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.summary = summary

    def __reduce__(self) -> tuple[type[PartlyDone], tuple[str, Mapping[str, Any]]]:
        return type(self), (str(self), self.summary or {})
