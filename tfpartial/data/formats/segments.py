"""What the formats with named segments have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from functools import reduce
from pathlib import Path

import numpy as np

from tfpartial.data.files import NONZERO, Key, Step
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError


class NamedSegments(ABC):
    """An `OpenLabel` whose keys are names. Its segments may overlap, and may leave out empty slices and margins of the image.

    Args:
        path: the file.
        native: the grid of the segments; None when they are drawn on the image's.
        form: name of the format, for the history.
        names: as the file gives them, in its order; a name that stands again gets a number: `liver`, `liver (2)`.
    """

    def __init__(self, path: Path, native: Geometry | None, form: str, names: Iterable[str]) -> None:
        self.path = path
        self.native = native
        self._names = unique(names)
        self._steps = [Step("read", {"file": str(path), "format": form, "segments": self._names})]

    @property
    def history(self) -> tuple[Step, ...]:
        """What was done up to now."""
        return tuple(self._steps)

    def keys(self) -> tuple[Key, ...]:
        """See `OpenLabel`."""
        return tuple(self._names)

    def mask(self, key: Key, like: Geometry) -> np.ndarray:
        """See `OpenLabel`."""
        if key == NONZERO and self._names:
            return reduce(np.logical_or, (self._segment(number, like) for number in range(len(self._names))))
        if key not in self._names:
            raise no_such_segment(self.path, [key], self._names)
        return self._segment(self._names.index(str(key)), like)

    @abstractmethod
    def _segment(self, number: int, like: Geometry) -> np.ndarray:
        """The mask of the segment at a place of the list of names, as `mask` gives it."""


def unique(names: Iterable[str]) -> list[str]:
    """The names without outer spaces, each once: the second `liver` becomes `liver (2)`."""
    result: list[str] = []
    for name in (name.strip() for name in names):
        number, candidate = 1, name
        while candidate in result:
            number += 1
            candidate = f"{name} ({number})"
        result.append(candidate)
    return result


def no_such_segment(path: Path, wanted: Sequence[Key], there: Sequence[Key]) -> FileError:
    """The error for keys that the file does not have; it lists those that are there."""
    missing = ", ".join(f"'{key}'" for key in wanted)
    found = ", ".join(f"'{key}'" for key in there) or "none"
    return FileError(path, "unknown_segment", f"has no segment {missing}; its segments: {found}")
