"""How methods are told apart: by colour, by marker and by dash, so that no reader needs the colour."""

from __future__ import annotations

from typing import NamedTuple

COLOURS = 8
"""How many colours the style sheet has."""
DASHES = ("", "7 3", "2 3", "8 3 2 3")
MARKERS = (
    "M-3.6 0a3.6 3.6 0 1 0 7.2 0a3.6 3.6 0 1 0 -7.2 0z",  # disc
    "M-3.2 -3.2h6.4v6.4h-6.4z",  # square
    "M0 -4.2l4.2 7.4h-8.4z",  # triangle
    "M0 -4.6l4.6 4.6l-4.6 4.6l-4.6 -4.6z",  # diamond
)


class Style(NamedTuple):
    """The look of one method.

    Args:
        colour: class of the style sheet.
        dash: of the line.
        marker: path around (0, 0).
    """

    colour: str
    dash: str
    marker: str


def style_of(number: int) -> Style:
    """The style of a number from 0 on; after eight, colours come again with other dashes and markers."""
    turn = number + number // COLOURS
    return Style(f"series-{number % COLOURS}", DASHES[turn % len(DASHES)], MARKERS[turn % len(MARKERS)])
