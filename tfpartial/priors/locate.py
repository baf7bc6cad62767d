"""The place of one organ in a case without its label (thesis, section 4.2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import ndimage

from tfpartial.priors.kl_search import best_place, kl_map, subvoxel
from tfpartial.priors.spatial_prior import References

State = Literal["labelled", "aligned", "absent", "poor", "displaced"]
"""`labelled`: from the expert's label; `aligned`: by the search. The others get no prior: `absent`, nothing or too little was
predicted (out of the scan); `poor`, no translation fits; `displaced`, it is not where the other organs let it be expected."""
POSITIVE = 0.5
OUTLIERS = 0.02
"""Share of an organ's voxels at each end of an axis that do not tell where it ends."""


@dataclass(frozen=True)
class OrganPosition:
    """Where an organ is, and how well that is known.

    Args:
        state: see `State`.
        centre_mm: z, y, x of the centre of its bounding box, where it is placed; none without a prior.
        coarse_mm: the same from the prediction alone; none where nothing is predicted.
        searched_mm: the same after the search, whatever became of it.
        divergence: mean KL divergence per cell at the minimum, over the references.
        sharpness: one minus the minimum as a share of the window's median: 0 is flat.
        overlap: soft Dice of the aligned prediction and the references, as a share of what labelled cases usually have.
        spread_mm: largest distance of a reference's own minimum from the one that was taken.
        displacement: how far it is from where the other organs let it be expected, in standard deviations.
    """

    state: State
    centre_mm: tuple[float, float, float] | None = None
    coarse_mm: tuple[float, float, float] | None = None
    searched_mm: tuple[float, float, float] | None = None
    divergence: float | None = None
    sharpness: float | None = None
    overlap: float | None = None
    spread_mm: float | None = None
    displacement: float | None = None


@dataclass(frozen=True)
class Found:
    """What the search of one organ found, in cells of the coarse grid."""

    coarse: np.ndarray
    place: np.ndarray
    divergence: float
    sharpness: float
    overlap: float
    spread: float
    at_border: bool


def coarse_centre(probability: np.ndarray) -> tuple[np.ndarray, float] | None:
    """The centre of the organ's box by prediction alone, `[3]` with fractions, and the cells of its largest piece.

    The box is that of the largest connected piece, without the outermost 2 % of its cells along each axis: a few wrong ones would
    move the centre.

    Args:
        probability: float32 `[z, y, x]`.

    Returns:
        None where no cell reaches 0.5.
    """
    pieces, count = ndimage.label(probability >= POSITIVE, np.ones((3, 3, 3), bool))
    if not count:
        return None
    sizes = np.bincount(pieces.ravel())[1:]
    cells = np.argwhere(pieces == 1 + np.argmax(sizes))
    low, high = np.quantile(cells, [OUTLIERS, 1 - OUTLIERS], axis=0)
    return (low + high) / 2, float(sizes.max())


def search(probability: np.ndarray, references: References, window: int) -> Found | None:
    """Moves the prediction onto each reference; the translation is the median of those that minimise the KL divergence.

    Args:
        probability: float32 `[z, y, x]`, the organ's probability on the coarse grid of the case.
        references: labelled volumes on cells of the same side.
        window: cells to search in each direction about the coarse centre.

    Returns:
        None where nothing is predicted.
    """
    coarse = coarse_centre(probability)
    if coarse is None:
        return None
    size = np.array(references.masks.shape[1:])
    first = np.rint(coarse[0] - (size - 1) / 2).astype(int) - window
    around = _cut(probability, first, size + 2 * window)
    offsets, minima, sharpness, overlaps, border = [], [], [], [], []
    for mask in references.masks:
        reference = np.pad(mask, window)
        divergences = kl_map(reference, around, window)
        place = np.array(best_place(divergences))
        offsets.append(place - window + subvoxel(divergences, tuple(place.tolist())))
        minima.append(float(divergences.min()))
        sharpness.append(1 - minima[-1] / max(float(np.median(divergences)), 1e-12))
        moved = _cut(around, window - place, np.array(around.shape))
        overlaps.append(soft_dice(reference, moved >= POSITIVE))  # faint probabilities of a large volume add up
        border.append(bool(((place == 0) | (place == 2 * window)).any()))
    offset = np.median(offsets, axis=0)
    return Found(
        coarse=coarse[0],
        # The search moves the prediction by `offset` onto the reference, whose centre is the middle of what was cut out.
        place=first + window + (size - 1) / 2 - offset,
        divergence=float(np.mean(minima)),
        sharpness=float(np.median(sharpness)),
        overlap=float(np.median(overlaps)) / references.overlap,
        spread=float(np.max(np.linalg.norm(np.array(offsets) - offset, axis=1))),
        at_border=float(np.mean(border)) > 0.5,
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
