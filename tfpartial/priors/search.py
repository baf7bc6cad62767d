"""The place of one organ in a case without its label (thesis, section 4.2.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from tfpartial.priors.kl_search import best_place, kl_map, subvoxel
from tfpartial.priors.spatial_prior import References

POSITIVE = 0.5
OUTLIERS = 0.02
"""Share of an organ's voxels at each end of an axis that do not tell where it ends."""


@dataclass(frozen=True)
class Found:
    """What the search of one organ found, in cells of the coarse grid; `coarse` is the place of the largest piece."""

    coarse: np.ndarray
    place: np.ndarray
    divergence: float
    sharpness: float
    overlap: float
    spread: float
    at_border: bool


class Match(NamedTuple):
    """How the prediction fits one reference: the translation in cells, and as in `Found`."""

    offset: np.ndarray
    divergence: float
    sharpness: float
    overlap: float
    at_border: bool


class Coarse(NamedTuple):
    """An organ by prediction alone: centre and sides of its box, `[3]`, in cells."""

    centre: np.ndarray
    sides: np.ndarray


def coarse_boxes(probability: np.ndarray, most: int = 1) -> list[Coarse]:
    """The boxes of an organ by prediction alone: of its largest connected pieces, the largest first.

    The centre of each is without the outermost 2 % of its cells along each axis: a few wrong ones would move it.

    Args:
        probability: float32 `[z, y, x]`.
        most: number of pieces; fewer where there are not so many, none where no cell reaches 0.5.
    """
    pieces, _ = ndimage.label(probability >= POSITIVE, np.ones((3, 3, 3), bool))
    sizes = np.bincount(pieces.ravel())[1:]
    return [_box(np.argwhere(pieces == 1 + piece)) for piece in np.argsort(-sizes, kind="stable")[:most]]


def _box(cells: np.ndarray) -> Coarse:
    low, high = np.quantile(cells, [OUTLIERS, 1 - OUTLIERS], axis=0)
    return Coarse((low + high) / 2, np.ptp(cells, axis=0) + 1)


def search(
    probability: np.ndarray, references: References, window: int, votes: int = 3, pull: float = 0.0, pieces: int = 1
) -> Found | None:
    """Moves the prediction onto the references, from each of its largest pieces; what overlaps best with them is the organ.

    Args:
        probability: float32 `[z, y, x]`, the organ's probability on the coarse grid of the case.
        references: labelled volumes on cells of the same side.
        window: cells to search in each direction about the coarse centre.
        votes: number of references that count, by their overlap.
        pull: cells; a translation t adds (|t| / pull)² times the least divergence to its own. 0 adds nothing.
        pieces: number of connected pieces of the prediction that may be the organ.

    Returns:
        None where nothing is predicted.
    """
    boxes = coarse_boxes(probability, pieces)
    found = [_search_about(box, probability, references, window, votes, pull) for box in boxes]
    if not found:
        return None
    best = max(found, key=lambda one: (not one.at_border, one.overlap))  # beyond the border something fits better
    return replace(best, coarse=boxes[0].centre)


def _search_about(coarse: Coarse, probability: np.ndarray, references: References, window: int, votes: int, pull: float) -> Found:
    """The translation is the median of those of the references that fit best."""
    # No translation may move a predicted cell out of what is compared, or the divergence would fall for that alone.
    rim = window + np.maximum(0, np.ceil((coarse.sides - references.masks.shape[1:]) / 2).astype(int)) + 1
    size = references.masks.shape[1:] + 2 * rim
    first = np.rint(coarse.centre - (size - 1) / 2).astype(int)
    around = _cut(probability, first, size)
    matches = [_match(np.pad(mask, [(side, side) for side in rim]), around, window, pull) for mask in references.masks]
    best = sorted(matches, key=lambda match: -match.overlap)[:votes]
    offsets = np.array([match.offset for match in best])
    offset = np.median(offsets, axis=0)
    return Found(
        coarse=coarse.centre,
        # The search moves the prediction by `offset` onto the reference, whose centre is the middle of what was cut out.
        place=first + (size - 1) / 2 - offset,
        divergence=float(np.mean([match.divergence for match in best])),
        sharpness=float(np.median([match.sharpness for match in best])),
        overlap=float(np.median([match.overlap for match in best])) / references.overlap,
        spread=float(np.max(np.linalg.norm(offsets - offset, axis=1))),
        at_border=float(np.mean([match.at_border for match in best])) > 0.5,
    )


def _match(reference: np.ndarray, around: np.ndarray, window: int, pull: float) -> Match:
    """How the prediction fits one reference; both `[z, y, x]`, the reference in the middle."""
    divergences = kl_map(reference, around, window)
    least = float(divergences.min())
    cost = divergences
    if pull:
        steps = np.arange(-window, window + 1) / pull
        squares = steps[:, None, None] ** 2 + steps[:, None] ** 2 + steps**2
        cost = divergences + least * squares
    place = best_place(cost)
    moved = _cut(around, window - np.array(place), np.array(around.shape))
    return Match(
        offset=np.array(place) - window + subvoxel(cost, place),
        divergence=float(divergences[place]),
        sharpness=1 - float(divergences[place]) / max(float(np.median(divergences)), 1e-12),
        overlap=soft_dice(reference, moved >= POSITIVE),  # faint probabilities of a large volume add up
        at_border=any(cell in (0, 2 * window) for cell in place),
    )


def soft_dice(reference: np.ndarray, probability: np.ndarray) -> float:
    """2 Σ r s / (Σ r + Σ s) of shares or truth values; 0 where both are empty."""
    total = float(reference.sum() + probability.sum())
    return 2 * float((reference * probability).sum()) / total if total else 0.0


def _cut(volume: np.ndarray, first: np.ndarray, size: np.ndarray) -> np.ndarray:
    """`size` cells from `first` on; cells outside the volume are 0."""
    cut = np.zeros(size, volume.dtype)
    start = np.maximum(first, 0)
    stop = np.minimum(first + size, volume.shape)
    if (start < stop).all():
        inner = tuple(slice(*ends) for ends in zip(start - first, stop - first, strict=True))
        cut[inner] = volume[tuple(slice(*ends) for ends in zip(start, stop, strict=True))]
    return cut
