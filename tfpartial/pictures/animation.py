"""An animated GIF of few colours and bounded size."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tfpartial.artifacts import atomic_file
from tfpartial.errors import TfpartialError
from tfpartial.pictures.slice_picture import FILL

FRAME_MS = 100
COLOURS = 256
FILLS = 112
"""Colours that the fills of all organs have together; the rest are grey."""
SMALLEST = 64


def write_animation(
    frames: Sequence[Image.Image], colours: Sequence[tuple[int, int, int]], path: Path, most_bytes: int
) -> tuple[int, int]:
    """Writes frames as a GIF that repeats for ever, 10 frames per second.

    All frames share one palette: the colours of the lines as they are, what the organs' fills make of the greys, and greys. A
    file that would be too large is made of smaller frames.

    Args:
        frames: RGB pictures of one size, at least one.
        colours: colours of lines and fills.
        path: file to write.
        most_bytes: how large it may become.

    Returns:
        Width and height of the frames as written.

    Raises:
        TfpartialError: frames of 64 pixels would still be too large.
    """
    palette = _palette(colours)
    size = frames[0].size
    while True:
        content = _encode(
            [frame if frame.size == size else frame.resize(size, Image.Resampling.LANCZOS) for frame in frames], palette
        )
        if len(content) <= most_bytes:
            with atomic_file(path) as temporary:
                temporary.write_bytes(content)
            return size
        shrink = 0.95 * math.sqrt(most_bytes / len(content))
        size = (round(size[0] * shrink), round(size[1] * shrink))
        if min(size) < SMALLEST:
            raise TfpartialError(
                f"{path}: {len(frames)} frames do not fit into {most_bytes / 1e6:g} MB; expected fewer, or more MB"
            )


def _encode(frames: Sequence[Image.Image], palette: Image.Image) -> bytes:
    few = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    stream = io.BytesIO()
    few[0].save(stream, "GIF", save_all=True, append_images=few[1:], duration=FRAME_MS, loop=0)
    return stream.getvalue()


def _palette(colours: Sequence[tuple[int, int, int]]) -> Image.Image:
    """A picture whose palette has the lines' colours, their blends with greys, and greys."""
    lines = np.array(colours, float).reshape(-1, 3)[: COLOURS // 4]
    levels = FILLS // max(1, len(lines))
    greys = np.linspace(0, 255, levels)[:, np.newaxis, np.newaxis]
    blends = ((1 - FILL) * greys + FILL * lines).reshape(-1, 3)
    rest = COLOURS - len(lines) - len(blends)
    table = np.concatenate([lines, blends, np.repeat(np.linspace(0, 255, rest)[:, np.newaxis], 3, axis=1)])
    picture = Image.new("P", (1, 1))
    picture.putpalette(np.rint(table).astype(np.uint8).tobytes())
    return picture
