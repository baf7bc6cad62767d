"""Whether the tolerance of the normalised surface Dice is finer than the voxels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tfpartial.metrics.masks import long_axes
from tfpartial.names import CaseId


class FineTolerance(NamedTuple):
    """A tolerance that is finer than the voxels of a case.

    Args:
        case: the case.
        organ: the organ.
        tolerance_mm: its tolerance.
        spacing_mm: z, y, x.
        coarsest_mm: the largest spacing along which the volume extends.
    """

    case: CaseId
    organ: str
    tolerance_mm: float
    spacing_mm: tuple[float, ...]
    coarsest_mm: float

    def __str__(self) -> str:
        spacing = " × ".join(f"{side:g}" for side in self.spacing_mm)
        return f"tolerance {self.tolerance_mm:g} mm of {self.organ} in case '{self.case}' of {spacing} mm (z, y, x)"


def fine_tolerances(
    case: CaseId,
    organs: Iterable[str],
    shape: Sequence[int],
    spacing_mm: Sequence[float],
    tolerances_mm: Mapping[str, float],
) -> list[FineTolerance]:
    """The organs of a case whose tolerance is below its coarsest spacing.

    A surface that is off by one voxel along that axis, the least that can be drawn otherwise, counts as wrong there: the
    normalised surface Dice then measures the grid.

    Args:
        case: its id.
        organs: the annotated ones.
        shape: of the volume, z, y, x; an axis of one voxel has no surface across it.
        spacing_mm: z, y, x.
        tolerances_mm: organ -> tolerance.
    """
    coarsest = max(spacing_mm[axis] for axis in long_axes(shape))
    sides = tuple(spacing_mm)
    return [
        FineTolerance(case, organ, tolerances_mm[organ], sides, coarsest) for organ in organs if tolerances_mm[organ] < coarsest
    ]
