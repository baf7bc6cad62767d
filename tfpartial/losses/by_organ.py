"""Options of a term that are keyed by organ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from tfpartial.errors import TfpartialError
from tfpartial.names import quoted

T = TypeVar("T")


def require_organs(names: Iterable[str], organs: Sequence[str], option: str) -> None:
    """Raises `TfpartialError`, which lists the organs, for a name that is none of them; `option` is where the names are from."""
    unknown = [quoted(name) for name in names if name not in organs]
    if unknown:
        raise TfpartialError(f"{option}: no organ {', '.join(unknown)}; expected some of {', '.join(organs)}")


def in_order(of_organ: Mapping[str, T], organs: Sequence[str], option: str) -> list[T | None]:
    """The values of the K organs in their order; None for an organ that has none. Raises as `require_organs`."""
    require_organs(of_organ, organs, option)
    return [of_organ.get(organ) for organ in organs]
