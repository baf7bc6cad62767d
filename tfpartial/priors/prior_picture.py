"""Every bin of every organ's spatial prior, side by side, as in the thesis's figure 4.5."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tfpartial.artifacts import atomic_file
from tfpartial.pictures.sheet import Tile, arrange
from tfpartial.priors.spatial_prior import OrganPrior, SpatialPrior

MOST_BINS = 10
"""More are shown by so many of them, evenly spaced."""
SIDE = 150
"""Longer side of a picture, in pixels."""
STOPS = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
COLOURS = np.array([(8, 8, 20), (74, 24, 110), (186, 54, 85), (249, 140, 10), (252, 255, 164)], float)
"""Dark where the organ never is, bright where it always is."""


def draw_prior(prior: SpatialPrior, path: Path) -> None:
    """Writes the picture: a row per organ, its bins from the feet to the head, and last their mean, the 2D prior."""
    shown = [prior.priors[organ] for organ in prior.organs if organ in prior.priors]
    columns = 1 + max(min(MOST_BINS, len(own.probability)) for own in shown)
    tiles = [tile for own in shown for tile in _row(own, prior.unit, columns)]
    with atomic_file(path) as temporary:
        arrange(tiles, columns, []).save(temporary)


def coloured(probability: np.ndarray) -> np.ndarray:
    """uint8 RGB `[..., 3]` of probabilities `[...]` in 0..1."""
    channels = [np.interp(probability, STOPS, COLOURS[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def _row(own: OrganPrior, unit: str, columns: int) -> list[Tile]:
    bins = len(own.probability)
    numbers = np.unique(np.linspace(0, bins - 1, min(bins, MOST_BINS)).round().astype(int)).tolist()
    heights = [((number + 0.5) / bins - 0.5) * own.depth for number in numbers]
    label = f"{own.organ} ({own.cases} cases)"
    tiles = [
        Tile(_picture(own.probability[number]), f"{label if not place else ''}\nz {height:+.0f} {unit}", ("R", "A"))
        for place, (number, height) in enumerate(zip(numbers, heights, strict=True))
    ]
    blank = [Tile(Image.new("RGB", (1, 1)), "\n", ("", ""))] * (columns - 1 - len(tiles))
    return [*tiles, *blank, Tile(_picture(own.probability.mean(axis=0)), "\nmean of the bins", ("R", "A"))]


def _picture(probability: np.ndarray) -> Image.Image:
    rows, columns = probability.shape
    scale = SIDE / max(rows, columns)
    return Image.fromarray(coloured(probability)).resize(
        (max(1, round(columns * scale)), max(1, round(rows * scale))), Image.Resampling.NEAREST
    )
