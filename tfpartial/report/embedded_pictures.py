"""Pictures inside the page: it loads nothing, so they are part of its text."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import NamedTuple

from PIL import Image, UnidentifiedImageError

from tfpartial.errors import TfpartialError

WIDEST_PX = 1500
COLOURS = 256
"""A sheet with grey slices and a few colours takes a third of the bytes with a palette."""


class Embedded(NamedTuple):
    """A picture: its data URI and its size in pixels."""

    uri: str
    width: int
    height: int


def data_uri(picture: Image.Image) -> str:
    """A picture as the data URI of a PNG."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def embed_picture(path: Path) -> Embedded:
    """A picture that a stage wrote, at most 1500 pixels wide, in at most 256 colours.

    Raises:
        TfpartialError: the file is not there, or is no picture.
    """
    try:
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
    except (OSError, UnidentifiedImageError) as error:
        raise TfpartialError(f"{path}: expected a picture, got {error}") from error
    picture.thumbnail((WIDEST_PX, picture.height), Image.Resampling.LANCZOS)
    return Embedded(data_uri(picture.quantize(COLOURS)), *picture.size)
