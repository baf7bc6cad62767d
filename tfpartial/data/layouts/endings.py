"""The endings of volume files."""

from __future__ import annotations

from collections.abc import Sequence

from tfpartial.data.formats.volume_header import FORMATS

ENDINGS = tuple(FORMATS)
"""Longer ones before those that they end in."""


def without_ending(name: str) -> str:
    """A file's name without the ending of a volume file, whatever its case, or as it is."""
    ending = ending_of(name, ENDINGS)
    return name if ending is None else name[: -len(ending)]


def ending_of(name: str, endings: Sequence[str]) -> str | None:
    """The first of the endings that a name has, in upper or lower case; None for none."""
    return next((ending for ending in endings if name.lower().endswith(ending.lower())), None)
