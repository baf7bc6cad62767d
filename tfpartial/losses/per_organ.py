"""Options that have a number for each organ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tfpartial.errors import TfpartialError
from tfpartial.losses.by_organ import require_organs


class PerOrgan:
    """One number for every organ, or numbers of some organs by name.

    Args:
        option: name of the option, for messages.
        value: the number, or organ -> number.
        allowed: whether a number is in the option's range.
        expected: the range in words, such as `more than 0`.

    Raises:
        TfpartialError: no number, or one outside the range.
    """

    def __init__(
        self, option: str, value: float | Mapping[str, float] | None, allowed: Callable[[float], bool], expected: str
    ) -> None:
        self.option = option
        self.value: float | Mapping[str, float] = value if isinstance(value, Mapping) else {} if value is None else float(value)
        self.organs: tuple[str, ...] | None = None
        if self.value == {}:
            raise TfpartialError(f"{option}: expected a number, or {{ORGAN: NUMBER}}; got none")
        given = self.value.items() if isinstance(self.value, Mapping) else [("", self.value)]
        for organ, number in given:
            if not allowed(number):  # NaN is in no range
                raise TfpartialError(f"{'.'.join(filter(None, (option, organ)))}: expected {expected}, got {number:g}")

    def set_organs(self, organs: Sequence[str]) -> None:
        """Receives the names of all organs, in their order. Raises `TfpartialError` when the option names another one."""
        require_organs(self.value if isinstance(self.value, Mapping) else (), organs, self.option)
        self.organs = tuple(organs)

    def of(self, num_organs: int) -> np.ndarray:
        """The numbers, float64 `[K]`, NaN for an organ without one. Raises `TfpartialError` for names without `set_organs`."""
        if not isinstance(self.value, Mapping):
            return np.full(num_organs, self.value)
        if self.organs is None:
            raise TfpartialError(f"{self.option}: expected the organs' names by `set_organs` before the first step, got none")
        return np.array([self.value.get(organ, np.nan) for organ in self.organs])
