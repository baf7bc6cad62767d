"""Organ table, annotated sets and the codes of a label map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tfpartial.errors import TfpartialError
from tfpartial.names import fault_of_organ, quoted

BACKGROUND = 0
"""No annotated organ here."""
IGNORE = 255
"""Nobody may learn or be scored here."""
MAX_ORGANS = IGNORE - 1
SURE_BACKGROUND = 254
"""In label layers of relabel steps only: no organ is here, annotated or not, so a weight map of `certain` has 1 for all of them.
It is an organ's code where there are 254 of them; those layers have none."""


@dataclass(frozen=True)
class OrganTable:
    """The organs of a data set, in the order of their ids 1..K.

    Raises:
        TfpartialError: no organ, more than 254 organs, a name that cannot be one, or one that stands twice.
    """

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
        if not 1 <= len(self.names) <= MAX_ORGANS:
            raise TfpartialError(f"organ table: expected 1 to {MAX_ORGANS} organs, got {len(self.names)}")
        for name in self.names:
            fault = fault_of_organ(name)
            if fault:
                raise TfpartialError(f"organ table: {quoted(name)}: {fault}")
        twice = sorted({name for name in self.names if self.names.count(name) > 1})
        if twice:
            raise TfpartialError(f"organ table: each organ may stand once, got {', '.join(twice)} more than once")

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def ids(self) -> Mapping[str, int]:
        """Name -> id (1..K)."""
        return {name: number for number, name in enumerate(self.names, start=1)}

    def id_of(self, name: str) -> int:
        """The id (1..K) of an organ. Raises `TfpartialError` for a name that is not in the table."""
        if name not in self.ids:
            raise TfpartialError(f"organ '{name}' is not in the organ table; expected one of {', '.join(self.names)}")
        return self.ids[name]

    def name_of(self, organ_id: int) -> str:
        """The name of an id. Raises `TfpartialError` outside 1..K."""
        if not 1 <= organ_id <= len(self):
            raise TfpartialError(f"organ id {organ_id} is outside the organ table; expected 1..{len(self)}")
        return self.names[organ_id - 1]

    def vector(self, names: Iterable[str]) -> np.ndarray:
        """The set of organs `names` as bool `[K]`."""
        mask = np.zeros(len(self), dtype=bool)
        mask[[self.id_of(name) - 1 for name in names]] = True
        return mask

    def select(self, mask: np.ndarray) -> tuple[str, ...]:
        """The inverse of `vector`: the names at the true places of bool `[K]`."""
        return tuple(name for name, chosen in zip(self.names, mask, strict=True) if chosen)


def keep_annotated(label: np.ndarray, annotated: np.ndarray) -> np.ndarray:
    """A label map as it would be had nobody contoured the organs outside `annotated`.

    Args:
        label: uint8, any shape, codes 0, 1..K, 255.
        annotated: bool `[K]`.

    Returns:
        uint8 of the same shape: organs that are not annotated become 0; 0 and 255 stay.
    """
    table = np.arange(IGNORE + 1, dtype=np.uint8)
    organ_ids = np.arange(1, len(annotated) + 1)
    table[organ_ids[~np.asarray(annotated, dtype=bool)]] = BACKGROUND
    # Python looks bytes up five times as fast as numpy's indexing, and this runs for most slices of a thinned data set.
    codes = bytearray(label.tobytes()).translate(table.tobytes())
    return np.frombuffer(codes, np.uint8).reshape(label.shape)


def without_sure_background(label: np.ndarray, num_organs: int) -> np.ndarray:
    """A slab of a relabel step's layer, uint8, with 0 where it says that no organ is there."""
    if num_organs >= SURE_BACKGROUND:
        return label
    return np.where(label == SURE_BACKGROUND, BACKGROUND, label).astype(np.uint8)


def count_numbers(numbers: np.ndarray, length: int = 1) -> np.ndarray:
    """How often each of 0, 1, 2 ... occurs: `numpy.bincount` of an array that is mostly 0, in an eighth of its time.

    Args:
        numbers: whole numbers from 0 on, any shape.
        length: least length of the result.

    Returns:
        int64 `[largest number + 1]`, or longer.
    """
    others = numbers[numbers != 0]
    counts = np.bincount(others, minlength=max(length, 1))
    counts[0] = numbers.size - others.size
    return counts
