"""One grey slice with contours, as a picture of the size that the tissue has in mm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from skimage.measure import find_contours

from tfpartial.labels import IGNORE, MAX_ORGANS
from tfpartial.pictures.colours import organ_colours

FILL = 0.22
FINER = 2
"""Lines are drawn on a picture so many times as large, which is then made smaller: no steps are seen in them."""
WIDTH = 2
DASH, GAP = 6, 4
WHITE, FRAME = (255, 255, 255), (255, 221, 51)
RGB = np.rint(255 * organ_colours(MAX_ORGANS)).astype(np.uint8)
"""Colour of each organ, uint8 `[254, 3]`."""


@dataclass(frozen=True)
class Slice:
    """What is drawn of a slice; all arrays `[rows, columns]`, as they are shown.

    Args:
        hu: the image.
        pixel_mm: height and width of a pixel.
        label: uint8, 0, 1..K, 255: filled faintly and outlined in the organs' colours.
        reference: uint8 too: outlined white and dashed; None for none.
        frame: rows and columns `(first, last), (first, last)` around which a frame is drawn; None for none.
    """

    hu: np.ndarray
    pixel_mm: tuple[float, float]
    label: np.ndarray
    reference: np.ndarray | None = None
    frame: tuple[tuple[int, int], tuple[int, int]] | None = None


def picture_size(shape: tuple[int, int], pixel_mm: tuple[float, float], side: int) -> tuple[int, int]:
    """Width and height in pixels of a slice of `shape` whose longer side in mm becomes `side` pixels."""
    height_mm, width_mm = np.multiply(shape, pixel_mm)
    scale = side / max(height_mm, width_mm)
    return max(1, round(width_mm * scale)), max(1, round(height_mm * scale))


def draw_slice(content: Slice, window_hu: tuple[float, float], side: int) -> Image.Image:
    """Draws a slice.

    Outlines are marching squares at half a voxel from the organ's outermost voxel centres. Voxels to ignore are not drawn.

    Args:
        content: the slice.
        window_hu: numbers shown black and white.
        side: pixels of the side that is longer in mm.

    Returns:
        RGB; as wide and high, in proportion, as the slice is in mm.
    """
    width, height = picture_size(content.hu.shape, content.pixel_mm, side)
    canvas = grey(content.hu, window_hu).resize((FINER * width, FINER * height), Image.Resampling.BICUBIC).convert("RGB")
    fill, opacity = _fill(content.label)
    canvas.paste(fill.resize(canvas.size, Image.Resampling.NEAREST), mask=opacity.resize(canvas.size, Image.Resampling.NEAREST))
    pen = ImageDraw.Draw(canvas)
    scale_yx = np.divide(canvas.size[::-1], content.hu.shape)
    for code in _codes(content.label):
        for line in outlines(np.equal(content.label, code), scale_yx):
            pen.line(_points(line), fill=tuple(RGB[code - 1].tolist()), width=FINER * WIDTH, joint="curve")
    if content.reference is not None:
        for code in _codes(content.reference):
            for line in outlines(np.equal(content.reference, code), scale_yx):
                for dash in _dashes(line):
                    pen.line(_points(dash), fill=WHITE, width=FINER)
    if content.frame is not None:
        (top, bottom), (left, right) = content.frame
        corners = np.array([(top, left), (bottom + 1, right + 1)]) * scale_yx
        pen.rectangle(_points(corners), outline=FRAME, width=FINER)
    return canvas.reduce(FINER)


def grey(hu: np.ndarray, window_hu: tuple[float, float]) -> Image.Image:
    """HU `[rows, columns]` as grey values of 8 bits: black and white where the window ends."""
    low, high = window_hu
    return Image.fromarray(np.rint(255 * np.clip((hu.astype(np.float32) - low) / (high - low), 0, 1)).astype(np.uint8))


def _fill(label: np.ndarray) -> tuple[Image.Image, Image.Image]:
    """Colours and opacity of the organs."""
    organ = (label > 0) & (label != IGNORE)
    colours = np.zeros((*label.shape, 3), np.uint8)
    colours[organ] = RGB[label[organ] - 1]
    return Image.fromarray(colours), Image.fromarray(np.where(organ, round(255 * FILL), 0).astype(np.uint8))


def _codes(label: np.ndarray) -> list[int]:
    return [code for code in np.unique(label).tolist() if 0 < code != IGNORE]


def outlines(mask: np.ndarray, scale_yx: np.ndarray) -> Iterator[np.ndarray]:
    """Lines `[n, 2]` (row, column) on the canvas around bool `[rows, columns]`, which has a true place."""
    rows, columns = (np.flatnonzero(mask.any(axis=1 - axis)) for axis in (0, 1))
    start = np.array([rows[0], columns[0]])
    # The border of background closes the outline of an organ that touches the edge of the picture.
    part = np.pad(mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 1).astype(np.float32)
    for line in find_contours(part, 0.5):
        yield (line - 1 + start + 0.5) * scale_yx  # the centre of the first voxel is half a voxel from the edge


def _dashes(line: np.ndarray) -> Iterator[np.ndarray]:
    """The pieces of a line `[n, 2]` that are drawn."""
    at = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    places = np.arange(0, at[-1])
    points = np.stack([np.interp(places, at, line[:, axis]) for axis in (0, 1)], axis=-1)
    for first in range(0, len(points), FINER * (DASH + GAP)):
        yield points[first : first + FINER * DASH + 1]


def _points(line: np.ndarray) -> list[tuple[float, float]]:
    return [(x, y) for y, x in line.tolist()]
