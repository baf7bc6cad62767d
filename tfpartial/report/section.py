"""What a part of the page is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from markupsafe import Markup

from tfpartial.report.run_folder import RunFolder


class Section(NamedTuple):
    """A part of the page; it is there when what it shows is there.

    Args:
        id: its anchor.
        title: its heading.
        applies: whether the folder has what it shows.
        render: its HTML. A `TfpartialError` becomes a note in its place.
    """

    id: str
    title: str
    applies: Callable[[RunFolder], bool]
    render: Callable[[RunFolder], Markup]
