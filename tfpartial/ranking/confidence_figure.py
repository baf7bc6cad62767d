"""What a confidence says of a prediction, and which voxels it would relabel (thesis, figure 3.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from tfpartial.artifacts import atomic_file
from tfpartial.pictures.close_up import close_up
from tfpartial.pictures.planes import VIEWS
from tfpartial.pictures.sheet import BACKGROUND, FONT, TEXT, Entry, Tile, arrange
from tfpartial.pictures.slice_picture import RGB, WHITE, Slice, draw_slice, grey, picture_size
from tfpartial.ranking.candidates import SliceCandidates
from tfpartial.ranking.table import ESTIMATORS

SIDE = 300
"""Pixels of the longer side of a picture."""
WRONG, RIGHT = 1, 2
"""Codes whose colours in the palette are red and cyan, the thesis's own."""
LOW_TO_HIGH = np.array([(214, 40, 40), (255, 209, 102), (58, 134, 255)], float)
"""Colours of the lowest, the middle and the highest confidence."""
OPACITY = 0.85
BAR, BAR_MARGIN = 10, 6


@dataclass(frozen=True)
class ConfidenceSlice:
    """One organ on one slice, and what each estimator says of it. All arrays `[H, W]`.

    Args:
        title: case, organ and slice.
        hu: the image.
        pixel_mm: height and width of a pixel.
        truth: bool: the expert's label of the organ.
        views: estimator -> the candidates; at least one, with a candidate.
    """

    title: str
    hu: np.ndarray
    pixel_mm: tuple[float, float]
    truth: np.ndarray
    views: Mapping[str, SliceCandidates]


def draw_confidence(content: ConfidenceSlice, share: float, window_hu: tuple[float, float], path: Path) -> None:
    """Writes a PNG: above the prediction and the confidence maps, below the truth and what each would relabel.

    Args:
        content: the slice; it is cropped to where the organ is.
        share: share of the volume's candidates that is selected, for the captions.
        window_hu: HU shown black and white.
        path: file to write.
    """
    first = next(iter(content.views.values()))
    box = close_up(content.truth | np.any([view.candidate for view in content.views.values()], axis=0), content.pixel_mm)
    upper = [_marked(content, box, first.candidate, f"{content.title}\nprediction", window_hu)]
    lower = [_marked(content, box, np.zeros_like(content.truth), "\nthe expert's label", window_hu)]
    for estimator, view in content.views.items():
        upper.append(_tile(_confidence_map(content, box, view, window_hu), f"{ESTIMATORS[estimator]}\nconfidence"))
        lower.append(_marked(content, box, view.selected, f"{ESTIMATORS[estimator]}\nsurest {100 * share:.0f} %", window_hu))
    names = {WRONG: "wrong", RIGHT: "right"}
    entries = [*(Entry(name, _colour(code)) for code, name in names.items()), Entry("expert", WHITE, dashed=True)]
    with atomic_file(path) as temporary:
        arrange([*upper, *lower], len(upper), entries).save(temporary)


def _tile(picture: Image.Image, caption: str) -> Tile:
    return Tile(picture, caption, (VIEWS["axial"].left, VIEWS["axial"].top))


def _colour(code: int) -> tuple[int, int, int]:
    red, green, blue = RGB[code - 1].tolist()
    return red, green, blue


def _marked(
    content: ConfidenceSlice, box: tuple[slice, slice], marked: np.ndarray, caption: str, window_hu: tuple[float, float]
) -> Tile:
    """The slice with voxels marked as right or wrong, and the expert's outline."""
    codes = np.where(marked, np.where(content.truth, RIGHT, WRONG), 0).astype(np.uint8)
    part = Slice(content.hu[box], content.pixel_mm, codes[box], content.truth[box].astype(np.uint8))
    return _tile(draw_slice(part, window_hu, SIDE), caption)


def _confidence_map(
    content: ConfidenceSlice, box: tuple[slice, slice], view: SliceCandidates, window_hu: tuple[float, float]
) -> Image.Image:
    """The confidence in colours, over the range that it has on this slice, with a bar that tells the range."""
    hu, candidate, confidence = content.hu[box], view.candidate[box], view.confidence[box]
    low, high = float(confidence[candidate].min()), float(confidence[candidate].max())
    size = picture_size(hu.shape, content.pixel_mm, SIDE)
    picture = grey(hu, window_hu).resize(size, Image.Resampling.BICUBIC).convert("RGB")
    shades = colours_of((confidence - low) / (high - low or 1.0))
    opacity = np.where(candidate, round(255 * OPACITY), 0).astype(np.uint8)
    mask = Image.fromarray(opacity).resize(size, Image.Resampling.NEAREST)
    picture.paste(Image.fromarray(shades).resize(size, Image.Resampling.NEAREST), mask=mask)
    _draw_bar(picture, (low, high))
    return picture


def colours_of(place: np.ndarray) -> np.ndarray:
    """Colours uint8 `[..., 3]` of places in the range, 0 the least and 1 the most sure; beyond it as at its ends."""
    stops = np.linspace(0, 1, len(LOW_TO_HIGH))
    channels = [np.interp(place, stops, LOW_TO_HIGH[:, channel]) for channel in range(3)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)


def _draw_bar(picture: Image.Image, ends: Sequence[float]) -> None:
    pen = ImageDraw.Draw(picture)
    texts = [f"{end:.3g}" for end in ends]
    widths = [round(FONT.getlength(text)) for text in texts]
    top = picture.height - BAR - 2 * BAR_MARGIN
    pen.rectangle([(0, top), (picture.width, picture.height)], fill=BACKGROUND)
    left, right = widths[0] + 2 * BAR_MARGIN, picture.width - widths[1] - 2 * BAR_MARGIN
    middle = top + BAR_MARGIN + BAR // 2
    pen.text((BAR_MARGIN, middle), texts[0], TEXT, FONT, anchor="lm")
    pen.text((picture.width - BAR_MARGIN, middle), texts[1], TEXT, FONT, anchor="rm")
    shades = colours_of(np.linspace(0, 1, max(2, right - left)))
    picture.paste(Image.fromarray(np.repeat(shades[np.newaxis], BAR, axis=0)), (left, top + BAR_MARGIN))
