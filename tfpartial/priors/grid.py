"""The coarse grid in mm on which organs are looked for: its memory does not depend on the number of voxels of a slice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tfpartial.priors.resample import centred_places, sampling_matrix


@dataclass(frozen=True)
class CoarseGrid:
    """Cells of equal sides over a volume: along z from its first slice, in the plane about the middle of the slice.

    Args:
        shape_zyx: slices, rows and columns of the volume as the network sees it.
        spacing_mm_zyx: its spacing.
        cell_mm: side of a cell.
    """

    shape_zyx: tuple[int, int, int]
    spacing_mm_zyx: tuple[float, float, float]
    cell_mm: float

    @cached_property
    def cells_zyx(self) -> tuple[int, int, int]:
        """Number of cells."""
        z, y, x = (
            max(1, int(np.ceil(count * length / self.cell_mm - 1e-6)))
            for count, length in zip(self.shape_zyx, self.spacing_mm_zyx, strict=True)
        )
        return z, y, x

    @cached_property
    def matrices(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Weights from slices, rows and columns to the cells along z, y and x."""
        z, y, x = (
            sampling_matrix(count, length, centred_places(cells, self.cell_mm, (count - 1) / 2 * length), self.cell_mm)
            for count, length, cells in zip(self.shape_zyx, self.spacing_mm_zyx, self.cells_zyx, strict=True)
        )
        return z, y, x

    def position_mm(self, cell: np.ndarray) -> np.ndarray:
        """Position `[..., 3]`, z from the first slice, y and x from the middle of it, of cells `[..., 3]`, with fractions."""
        middle = (np.array(self.cells_zyx) - 1) / 2
        first_slice = np.array([(self.shape_zyx[0] - 1) / 2 * self.spacing_mm_zyx[0], 0.0, 0.0])
        return (np.asarray(cell) - middle) * self.cell_mm + first_slice

    def collect(self, coarse: np.ndarray, start: int, pooled: np.ndarray) -> None:
        """Adds some slices to a coarse volume.

        Args:
            coarse: float32 `[K, *cells_zyx]`, changed.
            start: number of the first slice.
            pooled: float32 `[n, cells y, cells x, K]`, the slices on the cells of the plane.
        """
        weights = self.matrices[0][:, start : start + len(pooled)]
        touched = np.flatnonzero(weights.any(axis=1))
        if touched.size:
            part = slice(touched[0], touched[-1] + 1)
            coarse[:, part] += np.einsum("zn,nyxk->kzyx", weights[part], pooled, optimize=True)
