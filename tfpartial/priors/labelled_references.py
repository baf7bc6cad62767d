"""Labelled volumes that new cases are aligned with, drawn from the training cases of a fold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfpartial.priors.organ_mask import Box, OrganMask, centre_of
from tfpartial.priors.resample import centred_places, sampling_matrix
from tfpartial.priors.search import soft_dice
from tfpartial.priors.spatial_prior import OrganPrior, References


def draw_references(masks: Sequence[OrganMask], number: int, cell_mm: float, seed: Sequence[int]) -> References:
    """Some labelled cases, drawn by a seed (the thesis draws one).

    Args:
        masks: the organ in the annotated cases.
        number: how many to draw; all when there are fewer.
        cell_mm: side of a cell of the coarse grid.
        seed: the same seed draws the same cases, whatever their order.
    """
    shown = sorted((mask for mask in masks if mask.occupied), key=lambda mask: mask.case_id)
    order = np.random.default_rng(list(seed)).permutation(len(shown))
    boxes = {mask.case_id: box for mask in shown if (box := mask.box()) is not None}
    cells = _cells([(mask, boxes[mask.case_id]) for mask in shown], cell_mm)
    volumes = {place: coarse_mask(shown[place], boxes[shown[place].case_id], cells, cell_mm) for place in order[: max(number, 2)]}
    drawn = [int(place) for place in order[:number]]
    references = np.stack([volumes[place] for place in drawn])
    return References(references, tuple(shown[place].case_id for place in drawn), _usual_overlap(list(volumes.values())))


def mean_reference(prior: OrganPrior, masks: Sequence[OrganMask], cell_mm: float) -> References:
    """The mean over all annotated cases as the only reference, instead of single cases."""
    shown = [(mask, box) for mask in masks if (box := mask.box()) is not None]
    cells = _cells(shown, cell_mm)
    mean, overlaps = np.zeros(cells, np.float32), []
    for mask, box in shown:
        mean += coarse_mask(mask, box, cells, cell_mm) / len(shown)
    for mask, box in shown:
        overlaps.append(soft_dice(mean, coarse_mask(mask, box, cells, cell_mm)))
    return References(mean[None], (f"mean of {prior.cases}",), float(np.median(overlaps)))


def coarse_mask(mask: OrganMask, box: Box, cells: tuple[int, int, int], cell_mm: float) -> np.ndarray:
    """The share of each cell that the organ fills, float32 `[z, y, x]`, with the centre of its box in the middle."""
    down, rows, columns = (
        sampling_matrix(count, length, centred_places(number, cell_mm, centre * length), cell_mm)
        for count, length, number, centre in zip(mask.shape_zyx, mask.spacing_mm_zyx, cells, centre_of(box), strict=True)
    )
    coarse = np.zeros(cells, np.float32)
    for z in mask.occupied:
        weights = down[:, z]
        touched = np.flatnonzero(weights)
        pooled = rows @ mask.read(z).astype(np.float32) @ columns.T
        coarse[touched] += weights[touched, None, None] * pooled
    return coarse.clip(0, 1)


def _cells(shown: Sequence[tuple[OrganMask, Box]], cell_mm: float) -> tuple[int, int, int]:
    """Odd numbers of cells that hold the largest of the boxes and a rim of one cell."""
    sides = np.max(
        [
            [(past - first) * length for (first, past), length in zip(box, mask.spacing_mm_zyx, strict=True)]
            for mask, box in shown
        ],
        axis=0,
    )
    z, y, x = (int(np.ceil(side / cell_mm / 2)) * 2 + 3 for side in sides)
    return z, y, x


def _usual_overlap(volumes: Sequence[np.ndarray]) -> float:
    """Median soft Dice of each two; 1 where there is but one."""
    overlaps = [soft_dice(one, other) for place, one in enumerate(volumes) for other in volumes[place + 1 :]]
    return max(float(np.median(overlaps)), 0.05) if overlaps else 1.0
