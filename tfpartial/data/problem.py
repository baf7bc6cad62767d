"""One thing that is wrong with a data set, as a row of a report and as an exception."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from tfpartial.errors import TfpartialError


@dataclass(frozen=True)
class Problem:
    """A finding of `ingest`.

    Args:
        case: case id; empty when it concerns the whole data set.
        file: the file to look at.
        kind: a fixed word for machines, such as `missing_file`.
        message: what is wrong, what was expected.
    """

    case: str
    file: str
    kind: str
    message: str

    def row(self) -> dict[str, str]:
        """The problem as a row of a table or of JSON."""
        return asdict(self)


class FileError(TfpartialError):
    """A file cannot be used.

    Args:
        path: the file.
        kind: as in `Problem`.
        reason: what is wrong, what was expected; the message puts the path before it.
        advice: which option of a source helps. It is said by `ingest` alone: no other verb has these options.
    """

    def __init__(self, path: Path, kind: str, reason: str, advice: str = "") -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.kind = kind
        self.reason = reason
        self.advice = advice

    @property
    def for_source(self) -> str:
        """The reason with the advice."""
        return f"{self.reason}; {self.advice}" if self.advice else self.reason

    def __reduce__(self) -> tuple[type[FileError], tuple[Path, str, str, str]]:
        """How it reaches another process: exceptions are rebuilt from their message alone."""
        return type(self), (self.path, self.kind, self.reason, self.advice)
