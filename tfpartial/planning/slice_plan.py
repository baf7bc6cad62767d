"""Slices, stages and batch of a 2D network for a data set and a memory.

The rules of nnU-Net v2's planner (F. Isensee et al. 2021). One differs: its network sees patches of the median slice and slides
them over larger ones. Here a network sees whole slices, so that they are as large as the largest case; where two of them do not
fit into the memory, they become coarser, not smaller.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tfpartial.data.store.inplane import InPlane
from tfpartial.data.survey.fingerprint import Fingerprint
from tfpartial.errors import TfpartialError
from tfpartial.models.topology import Strides, multiples, padded, planned_strides
from tfpartial.models.u_shape import LEVELS

Size = tuple[int, int]
REFERENCE_VALUES, REFERENCE_BATCH, REFERENCE_GB = 85_000_000, 12, 8.0
"""So many values in all feature maps of a slice let a batch of 12 fit into 8 GB (a GPU, 16-bit numbers; published)."""
LEAST_BATCH, MOST_OF_THE_DATA = 2, 0.05
"""Slices per step at least; and the share of all voxels that a step sees at most."""


class Planned(NamedTuple):
    """A network that can be planned.

    Args:
        strides: of its stages after the first; none plans them.
        width: filters of its first stage, as published.
        recipe: how it is trained; none is what `train` does when nothing is said.
    """

    strides: Strides | None
    width: int
    recipe: str | None


PLANNED = {"nnunet": Planned(None, 32, "nnunet"), "unet": Planned([[2, 2]] * LEVELS, 64, None)}


class SlicePlan(NamedTuple):
    """What is planned.

    Args:
        network: a key of `PLANNED`.
        size: rows and columns of the slices.
        spacing_mm: spacing to resample to; none keeps the native one.
        strides: of each stage after the first.
        filters: of each stage.
        batch: slices per step.
        values: numbers in the feature maps of one slice.
        coarser: spacing over the median spacing; 1 where the memory is enough.
        largest: id of a case that fills the slices' rows or columns most.
        few_voxels: whether the batch is that small because the data set is.
    """

    network: str
    size: Size
    spacing_mm: tuple[float, float] | None
    strides: Strides
    filters: list[int]
    batch: int
    values: int
    coarser: float
    largest: str
    few_voxels: bool

    @property
    def memory_gb(self) -> float:
        """What a step takes, by the published estimate."""
        return self.values * self.batch / (REFERENCE_VALUES * REFERENCE_BATCH) * REFERENCE_GB


def plan_slices(
    data: Fingerprint,
    memory_gb: float = 8.0,
    resample: bool = True,
    network: str = "nnunet",
    width: int | None = None,
    max_width: int = 512,
) -> SlicePlan:
    """Plans a network.

    Args:
        data: sizes and spacings of the cases.
        memory_gb: memory that a training step may take.
        resample: bring all slices to the median spacing; else they stay as they are.
        network: a key of `PLANNED`.
        width: filters of the first stage; none takes the published ones.
        max_width: filters of a stage of `nnunet` at most.

    Raises:
        TfpartialError: slices too small for two stages; a memory for fewer than two slices, where they may not become coarser, or
            are so small already that they cannot.
    """
    median = np.median(data.spacings_mm_zyx[:, 1:], axis=0)
    target = (round(float(median[0]), 6), round(float(median[1]), 6))
    grids = np.array([_grid(size, spacing, target if resample else None) for size, spacing in _slices(data)])
    need = grids.max(axis=0)
    fixed, least = PLANNED[network].strides, width or PLANNED[network].width
    most_filters = least * 2**LEVELS if fixed else max_width
    size, strides = _stages(need, target, fixed)
    values = _values(size, strides, _filters(strides, least, most_filters), data.organs)
    most = REFERENCE_VALUES * REFERENCE_BATCH / LEAST_BATCH * memory_gb / REFERENCE_GB
    while values > most:
        if not resample:
            expected = f"memory for {LEAST_BATCH} slices of {size[0]}x{size[1]}, {memory_gb * values / most:.1f} GB or more"
            raise TfpartialError(f"memory_gb: expected {expected}, got {memory_gb:g}; spacing median would make them coarser")
        size, strides = _smaller(size, strides, need, target, fixed)
        values = _values(size, strides, _filters(strides, least, most_filters), data.organs)
    coarser = max(1.0, *(need / size))
    batch, few = _batch(data, size, values, np.median(grids, axis=0) / coarser, memory_gb)
    spacing = tuple(math.ceil(side * coarser * 1e6 - 1e-3) / 1e6 for side in target)
    largest = data.ids[int(np.argmax((grids / need).max(axis=1)))]
    filters = _filters(strides, least, most_filters)
    resampled = (spacing[0], spacing[1]) if resample else None
    return SlicePlan(network, size, resampled, strides, filters, batch, values, coarser, largest, few)


def _slices(data: Fingerprint) -> list[tuple[Size, tuple[float, float]]]:
    """Size and spacing of each case's slices."""
    cases = zip(data.sizes_zyx.tolist(), data.spacings_mm_zyx.tolist(), strict=True)
    return [((rows, columns), (row_mm, column_mm)) for (_, rows, columns), (_, row_mm, column_mm) in cases]


def _grid(size: Size, spacing_mm: tuple[float, float], target: tuple[float, float] | None) -> Size:
    return InPlane(size, size, spacing_mm, target).grid


def _stages(need: Sequence[int], spacing_mm: tuple[float, float], fixed: Strides | None) -> tuple[Size, Strides]:
    """The next larger size that its own strides divide, or those that are fixed, and these."""
    strides = fixed or planned_strides([int(side) for side in need], spacing_mm)
    if not strides:
        raise TfpartialError(f"plan: expected slices with a side that can be halved once, got {need[0]}x{need[1]}")
    return padded([int(side) for side in need], strides), strides


def _smaller(
    size: Size, strides: Strides, need: np.ndarray, spacing_mm: tuple[float, float], fixed: Strides | None
) -> tuple[Size, Strides]:
    """One step less of the axis that is largest beside what is needed, as published: by the multiple of the smaller size."""
    axis = int(np.argmax(size / need))
    less = list(size)
    less[axis] -= multiples(strides)[axis]
    if less[axis] < 1 or not (fixed or planned_strides(less, spacing_mm)):
        raise TfpartialError(f"memory_gb: expected memory for {LEAST_BATCH} slices, got too little even for {size[0]}x{size[1]}")
    step = multiples(fixed or planned_strides(less, spacing_mm))[axis]
    return _stages([side - step * (number == axis) for number, side in enumerate(size)], spacing_mm, fixed)


def _filters(strides: Strides, width: int, max_width: int) -> list[int]:
    return [min(width * 2**stage, max_width) for stage in range(len(strides) + 1)]


def _values(size: Size, strides: Strides, filters: list[int], organs: int) -> int:
    """Numbers in the feature maps of a slice, as published: 2 maps per stage down; 3 per stage up; organs and background."""
    total, sides = (organs + 1) * math.prod(size), size
    for stage, (stride, width) in enumerate(zip([[1, 1], *strides], filters, strict=True)):
        sides = (sides[0] // stride[0], sides[1] // stride[1])
        total += math.prod(sides) * width * (5 if stage < len(strides) else 2)
    return total


def _batch(data: Fingerprint, size: Size, values: int, median: np.ndarray, memory_gb: float) -> tuple[int, bool]:
    """Slices per step; and whether the data's voxels limit them, not the memory."""
    fit = round(REFERENCE_VALUES * memory_gb / REFERENCE_GB / values * REFERENCE_BATCH)
    voxels = float(np.median(data.sizes_zyx[:, 0]) * median.prod() * len(data.ids))
    most = round(voxels * MOST_OF_THE_DATA / math.prod(size))
    return max(min(fit, most), LEAST_BATCH), most < fit
