"""The spatial prior of an organ: how often it is found at a place about its centre (thesis, Algorithm 3, eq. 4.1)."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from tfpartial.errors import TfpartialError
from tfpartial.priors.organ_mask import Box, OrganMask, centre_of
from tfpartial.priors.resample import centred_places, sampling_matrix
from tfpartial.priors.spatial_prior import OrganPrior

LOG = logging.getLogger(__name__)
Unit = Literal["mm", "voxels"]
FULL = 0
"""Number of bins that stands for no discretisation along z."""
NOTHING = 1e-6
"""Rounding of lengths, in voxels."""


class Extent(NamedTuple):
    """The box of a prior, in its unit: depth Δz, height H_p, width W_p."""

    depth: float
    height: float
    width: float


def build_prior(
    masks: Sequence[OrganMask],
    organ: str = "organ",
    bins: int = 5,
    unit: Unit = "mm",
    step: float | None = None,
    extent: Extent | None = None,
) -> OrganPrior:
    """Averages the label volumes of the cases that are annotated for an organ, aligned on the centres of their bounding boxes.

    p[b, j, i] is the share of slices in bin b that show the organ at cell (j, i) (eq. 4.1). A slice belongs to the bin in which
    its centre lies, `floor(B (z - z_min) / Δz)`. In mm a slice counts by its thickness, so that a thinly sliced case weighs no
    more than another. What lies outside a slice's field of view is not the organ; slices outside the volume do not count. A bin
    that no slice falls into (slices thicker than the bins) takes the nearest one that has some.

    The cases are gone through twice, one slice in memory at a time.

    Args:
        masks: the organ in each annotated case; where it is absent, the case tells nothing of its shape and is left out.
        organ: its name.
        bins: number of bins B along z; 0 takes one per slice (of the thinnest slices).
        unit: of all lengths: `mm`, or `voxels` as in the thesis, for cases of one spacing.
        step: side of a cell in the plane; none takes the smallest in-plane spacing, or one voxel.
        extent: the box; none takes the one that each case fits into (the maxima).

    Raises:
        TfpartialError: the organ is in none of the cases, or a number is out of range.
    """
    _require(bins >= 0, organ, f"bins: expected 1 or more, or 0 for all slices, got {bins}")
    _require(step is None or step > 0, organ, f"step: expected more than 0, got {step}")
    boxes = {mask.case_id: box for mask in masks if (box := mask.box()) is not None}
    if not boxes:
        raise TfpartialError(f"prior of {organ}: is in none of {len(masks)} annotated cases; expected at least one that shows it")
    shown = [mask for mask in masks if mask.case_id in boxes]
    spacings = [unit_spacing(mask, unit) for mask in shown]
    if extent is None:
        sides = [_sides(boxes[mask.case_id], spacing) for mask, spacing in zip(shown, spacings, strict=True)]
        extent = Extent(*np.max(sides, axis=0).tolist())
    _require(min(extent) > 0, organ, f"extent: expected lengths above 0, got {tuple(extent)}")
    step = step or min(min(spacing[1:]) for spacing in spacings)
    size = (cells(extent.height, step), cells(extent.width, step))
    number = _number_of_bins(bins, extent.depth, min(spacing[0] for spacing in spacings), organ)
    total, weight = np.zeros((number, *size)), np.zeros(number)
    for mask, spacing in zip(shown, spacings, strict=True):
        _add(mask, boxes[mask.case_id], spacing, extent.depth, step, unit == "voxels", total, weight)
    _fill_empty_bins(total, weight)
    probability = (total / weight[:, None, None]).clip(0, 1).astype(np.float32)
    return OrganPrior(organ, probability, extent.depth, step, len(shown))


def ordinary(masks: Sequence[OrganMask], quantile: float) -> list[OrganMask]:
    """The cases whose organ is at most as long as in this share of them, along each axis, or is absent.

    One label that runs through the whole scan by mistake would make the box of all too large. 1 keeps every case.
    """
    boxes = [mask.box() for mask in masks]
    sides = [_sides(box, mask.spacing_mm_zyx) if box is not None else None for mask, box in zip(masks, boxes, strict=True)]
    known = [side for side in sides if side is not None]
    if not known:
        return list(masks)
    most = np.quantile(known, quantile, axis=0, method="higher") + NOTHING
    return [mask for mask, side in zip(masks, sides, strict=True) if side is None or (np.array(side) <= most).all()]


def unit_spacing(mask: OrganMask, unit: Unit) -> tuple[float, float, float]:
    """Spacing z, y, x in the unit of a prior."""
    return mask.spacing_mm_zyx if unit == "mm" else (1.0, 1.0, 1.0)


def cells(length: float, step: float) -> int:
    """Number of cells of a side that cover a length."""
    return max(1, math.ceil(length / step - NOTHING))


def _require(holds: bool, organ: str, message: str) -> None:
    if not holds:
        raise TfpartialError(f"prior of {organ}: {message}")


def _sides(box: Box, spacing: tuple[float, float, float]) -> list[float]:
    return [(past - first) * length for (first, past), length in zip(box, spacing, strict=True)]


def _number_of_bins(bins: int, depth: float, thinnest: float, organ: str) -> int:
    slices = cells(depth, thinnest)
    if bins > slices:
        LOG.warning("prior of %s: at most %d slices deep, so it has %d bins, not %d", organ, slices, slices, bins)
    return min(bins or slices, slices)


def _add(
    mask: OrganMask,
    box: Box,
    spacing: tuple[float, float, float],
    depth: float,
    step: float,
    nearest: bool,
    total: np.ndarray,
    weight: np.ndarray,
) -> None:
    """Adds the slices of one case that lie within the depth of the prior to the sums of their bins."""
    (centre_z, centre_y, centre_x), bins = centre_of(box), len(weight)
    _, height, width = mask.shape_zyx
    rows, columns = (
        sampling_matrix(count, length, centred_places(cells_, step, centre * length), step, nearest)
        for count, length, cells_, centre in (
            (height, spacing[1], total.shape[1], centre_y),
            (width, spacing[2], total.shape[2], centre_x),
        )
    )
    occupied = set(mask.occupied)
    for z in range(mask.shape_zyx[0]):
        place = (z - centre_z) * spacing[0] / depth + 0.5  # 0 at the lower end of the prior's box, 1 at the upper one
        if -NOTHING <= place <= 1 + NOTHING:
            target = min(max(int(bins * place + NOTHING), 0), bins - 1)
            weight[target] += spacing[0]
            if z in occupied:
                total[target] += spacing[0] * (rows @ mask.read(z).astype(np.float32) @ columns.T)


def _fill_empty_bins(total: np.ndarray, weight: np.ndarray) -> None:
    filled = np.flatnonzero(weight > 0)
    for empty in np.flatnonzero(weight == 0):
        nearest = filled[np.argmin(np.abs(filled - empty))]
        total[empty], weight[empty] = total[nearest], weight[nearest]
