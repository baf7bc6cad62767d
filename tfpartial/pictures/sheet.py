"""Pictures of slices put together: a caption over each, and below all what the colours mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tfpartial.labels import IGNORE, OrganTable
from tfpartial.pictures.slice_picture import DASH, GAP, RGB, WHITE

BACKGROUND, TEXT, QUIET = (11, 14, 20), (230, 233, 239), (151, 160, 176)
FONT = ImageFont.load_default(13)
LINE, MARGIN, SWATCH = 18, 8, 14
REFERENCE = "reference"


class Tile(NamedTuple):
    """One picture of a sheet."""

    picture: Image.Image
    caption: str
    """One or two lines over it."""
    edges: tuple[str, str]
    """What its left and its upper edge are, such as `R` and `A`."""


class Entry(NamedTuple):
    """A line of the legend."""

    name: str
    colour: tuple[int, int, int]
    dashed: bool = False


def legend(labels: Iterable[np.ndarray], organs: OrganTable, reference: str | None = None) -> list[Entry]:
    """The organs that label maps show, in the order of their ids, and what the dashed line is.

    Args:
        labels: uint8 of any shape, codes 0, 1..K, 255.
        organs: the organ table.
        reference: name of the dashed line; None where there is none.
    """
    shown = {code for label in labels for code in np.unique(label).tolist() if 0 < code != IGNORE}
    entries = [Entry(organs.name_of(code), _colour(code)) for code in sorted(shown)]
    return entries if reference is None else [*entries, Entry(reference, WHITE, dashed=True)]


def arrange(tiles: Sequence[Tile], columns: int, entries: Sequence[Entry]) -> Image.Image:
    """A sheet with its pictures row by row, each in the middle of its cell.

    Args:
        tiles: at least one.
        columns: pictures per row.
        entries: the legend.

    Returns:
        RGB; just as large as it must be.
    """
    columns = min(columns, len(tiles))
    rows = [tiles[start : start + columns] for start in range(0, len(tiles), columns)]
    captions = [LINE * max(tile.caption.count("\n") + 1 for tile in row) for row in rows]
    cell = max(max(tile.picture.width, _caption_width(tile)) for tile in tiles) + MARGIN
    heights = [caption + max(tile.picture.height for tile in row) + MARGIN for caption, row in zip(captions, rows, strict=True)]
    lines = _lines(entries, columns * cell)
    sheet = Image.new("RGB", (columns * cell + MARGIN, sum(heights) + MARGIN + LINE * len(lines)), BACKGROUND)
    top = MARGIN
    for row, caption, height in zip(rows, captions, heights, strict=True):
        for column, tile in enumerate(row):
            _put(sheet, tile, MARGIN + column * cell + (cell - MARGIN - tile.picture.width) // 2, top, caption)
        top += height
    _write_legend(ImageDraw.Draw(sheet), lines, top)
    return sheet


def _put(sheet: Image.Image, tile: Tile, left: int, top: int, caption: int) -> None:
    pen = ImageDraw.Draw(sheet)
    pen.text((left, top), tile.caption, TEXT, FONT, spacing=3)
    sheet.paste(tile.picture, (left, top + caption))
    at_left, at_top = tile.edges
    pen.text((left + 4, top + caption + tile.picture.height // 2), at_left, QUIET, FONT, anchor="lm")
    pen.text((left + tile.picture.width // 2, top + caption + 3), at_top, QUIET, FONT, anchor="mt")


def _caption_width(tile: Tile) -> int:
    return max(round(FONT.getlength(line)) for line in tile.caption.split("\n"))


def _entry_width(entry: Entry) -> int:
    return SWATCH + 6 + round(FONT.getlength(entry.name)) + 16


def _lines(entries: Sequence[Entry], width: int) -> list[list[Entry]]:
    """The legend in lines that fit; an entry that is wider has a line of its own."""
    lines: list[list[Entry]] = []
    used = 0
    for entry in entries:
        used += _entry_width(entry)
        if not lines or used > width:
            lines.append([])
            used = _entry_width(entry)
        lines[-1].append(entry)
    return lines


def _write_legend(pen: ImageDraw.ImageDraw, lines: Sequence[Sequence[Entry]], top: int) -> None:
    for number, line in enumerate(lines):
        left, middle = MARGIN, top + number * LINE + LINE // 2
        for entry in line:
            if entry.dashed:
                for start in range(0, SWATCH, DASH + GAP // 2):
                    pen.line([(left + start, middle), (left + min(start + DASH, SWATCH) - 2, middle)], fill=entry.colour)
            else:
                pen.rectangle([(left, middle - 5), (left + SWATCH, middle + 5)], fill=entry.colour)
            pen.text((left + SWATCH + 6, middle), entry.name, TEXT, FONT, anchor="lm")
            left += _entry_width(entry)


def _colour(code: int) -> tuple[int, int, int]:
    red, green, blue = RGB[code - 1].tolist()
    return red, green, blue
