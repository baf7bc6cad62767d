"""Pictures of receptive fields (thesis, figure 5.2) and of attention (figures 5.1 and 5.8)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from tfpartial.artifacts import atomic_file
from tfpartial.inspection.findings import Attended, FieldFound
from tfpartial.pictures.sheet import Tile, arrange
from tfpartial.pictures.slice_picture import FRAME, WHITE, grey, picture_size
from tfpartial.priors.prior_picture import coloured

SIDE = 360
"""Longer side of a picture, in pixels."""
COLUMNS = 4
CROSS = 7


class Backdrop(NamedTuple):
    """The slice that is looked at.

    Args:
        title: case and slice.
        sides: rows and columns.
        numbers: `[H, W]`; none for random numbers, which are not shown.
        window_hu: numbers shown black and white.
        pixel_mm: height and width of a pixel.
    """

    title: str
    sides: tuple[int, int]
    numbers: np.ndarray | None = None
    window_hu: tuple[float, float] = (-160.0, 300.0)
    pixel_mm: tuple[float, float] = (1.0, 1.0)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of its picture."""
        return picture_size(self.sides, self.pixel_mm, SIDE)

    def point(self, row: float, column: float) -> tuple[float, float]:
        """x and y on the picture."""
        width, height = self.size
        return column * width / self.sides[1], row * height / self.sides[0]


def draw_fields(fields: Sequence[FieldFound], backdrop: Backdrop, path: Path) -> None:
    """Writes a PNG: the slice, and for each layer the gradient over the central one; frames are the theoretical fields."""
    tiles = _slice_tile(backdrop)
    for field in fields:
        picture = _map(field.gradient / (field.centre or 1.0), backdrop)
        if field.theoretical is not None:
            ends = [
                (max(span.first, 0), min(span.last + 1, side))
                for span, side in zip(field.theoretical, backdrop.sides, strict=True)
            ]
            (top, bottom), (left, right) = ends
            corners = [backdrop.point(top, left), backdrop.point(bottom, right)]
            ImageDraw.Draw(picture).rectangle([corners[0], (corners[1][0] - 1, corners[1][1] - 1)], outline=FRAME)
        tiles.append(Tile(picture, f"{field.layer}\n{_sides_text(field)}", _edges(backdrop)))
    _write(tiles, path)


def draw_attention(
    attended: Sequence[Attended], place: int, each: bool, voxel: tuple[int, int], backdrop: Backdrop, path: Path
) -> None:
    """Writes a PNG: the slice with the voxel crossed, and what each attention takes for it, the most in the brightest colour.

    Args:
        attended: the maps.
        place: which of their slices.
        each: a map for each head, not their mean.
        voxel: row and column.
        backdrop: the slice.
        path: file to write.
    """
    tiles = _slice_tile(backdrop)
    for one in attended:
        heads = one.scores[place]
        maps = {f"head {number}": head for number, head in enumerate(heads, start=1)}
        for name, scores in (maps if each else {f"mean of {len(heads)} heads": heads.mean(axis=0)}).items():
            tiles.append(Tile(_map(scores / (scores.max() or 1.0), backdrop), f"{one.layer}\n{name}", _edges(backdrop)))
    x, y = backdrop.point(voxel[0] + 0.5, voxel[1] + 0.5)
    for tile in tiles:
        pen = ImageDraw.Draw(tile.picture)
        pen.line([(x - CROSS, y), (x + CROSS, y)], fill=WHITE)
        pen.line([(x, y - CROSS), (x, y + CROSS)], fill=WHITE)
    _write(tiles, path)


def _slice_tile(backdrop: Backdrop) -> list[Tile]:
    if backdrop.numbers is None:
        return []
    picture = grey(backdrop.numbers, backdrop.window_hu).resize(backdrop.size, Image.Resampling.BICUBIC).convert("RGB")
    return [Tile(picture, f"{backdrop.title}\n", _edges(backdrop))]


def _edges(backdrop: Backdrop) -> tuple[str, str]:
    return ("", "") if backdrop.numbers is None else ("R", "A")


def _map(values: np.ndarray, backdrop: Backdrop) -> Image.Image:
    """Values from 0 to 1 in colours, stretched over the slice."""
    return Image.fromarray(coloured(np.clip(values, 0, 1))).resize(backdrop.size, Image.Resampling.NEAREST)


def _sides_text(field: FieldFound) -> str:
    row = field.row()
    theoretical = "unknown" if row["rows"] is None else f"{row['rows']}x{row['columns']}"
    effective = "undefined" if row["effective"] is None else f"{math.ceil(row['effective'])}"
    return f"theoretical {theoretical}, effective {effective}"


def _write(tiles: Sequence[Tile], path: Path) -> None:
    with atomic_file(path) as temporary:
        arrange(tiles, COLUMNS, []).save(temporary)
