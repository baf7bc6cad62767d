"""How often a network halves each side of a slice, by nnU-Net's rule."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from tfpartial.errors import TfpartialError
from tfpartial.models.u_shape import check_sides

LEAST_EDGE = 4
"""Voxels that are left of a side at the lowest stage, at least."""
ALIKE = 2
"""Axes whose spacings differ by less than this factor are halved together."""

Strides = list[list[int]]
"""Rows and columns of each stage after the first, 1 or 2 each."""


def planned_strides(size: Sequence[int], spacing_mm: Sequence[float] = (1.0, 1.0)) -> Strides:
    """Strides for slices of a size (F. Isensee et al. 2021, supplement; nnU-Net v2).

    A side is halved while 4 voxels are left, axes of coarse spacing only once the others have become as coarse; one side alone is
    halved only while 6 are left.

    Example: 512x512 at equal spacing is halved 7 times, to 4x4; 80x128 is halved 4 times, to 5x8.

    Args:
        size: rows and columns.
        spacing_mm: their spacing; only the ratio matters.
    """
    size, spacing = list(size), list(spacing_mm)
    strides: Strides = []
    while True:
        long_enough = [axis for axis in (0, 1) if size[axis] >= 2 * LEAST_EDGE]
        finest = min((spacing[axis] for axis in long_enough), default=0.0)
        halved = [axis for axis in long_enough if spacing[axis] / finest < ALIKE]
        if not halved or (len(halved) == 1 and size[halved[0]] < 3 * LEAST_EDGE):
            return strides
        strides.append([2 if axis in halved else 1 for axis in (0, 1)])
        for axis in halved:
            size[axis], spacing[axis] = math.ceil(size[axis] / 2), spacing[axis] * 2


def multiples(strides: Iterable[Sequence[int]]) -> tuple[int, int]:
    """Voxels of the slice along rows and columns of one at the lowest stage."""
    rows, columns = zip((1, 1), *strides, strict=True)
    return math.prod(rows), math.prod(columns)


def padded(size: Sequence[int], strides: Strides) -> tuple[int, int]:
    """The next larger size that the strides divide."""
    rows, columns = (-(-side // multiple) * multiple for side, multiple in zip(size, multiples(strides), strict=True))
    return rows, columns


def chosen_strides(
    name: str, input_shape: tuple[int, ...], stages: int | None = None, strides: Sequence[Sequence[int]] | None = None
) -> Strides:
    """The strides that are asked for, else the planned ones.

    Args:
        name: of the network, for messages.
        input_shape: `(H, W, C)`.
        stages: number of stages, each of which after the first halves both sides.
        strides: of each stage after the first, instead.

    Raises:
        TfpartialError: another shape; sides that the strides do not divide; a lowest stage with fewer than 4 voxels of a side;
            strides that are not 1 or 2, or do not have `stages - 1` rows; a slice that is too small for two stages.
    """
    check_sides(name, input_shape, 1)
    size = input_shape[:2]
    if strides is None:
        asked = planned_strides(size) if stages is None else [[2, 2]] * (stages - 1)
    else:
        asked = [list(pair) for pair in strides]
        if any(len(pair) != 2 or set(pair) - {1, 2} or pair == [1, 1] for pair in asked):
            raise TfpartialError(
                f"{name}: expected strides [1 or 2, 1 or 2] of each stage after the first, not [1, 1], got {asked}"
            )
        if stages is not None and stages != len(asked) + 1:
            raise TfpartialError(f"{name}: expected strides of {stages - 1} stages after the first, got {len(asked)}")
    if not asked:
        raise TfpartialError(
            f"{name}: expected 2 stages or more, and slices with a side that can be halved, got {size[0]}x{size[1]}"
        )
    _check_sides(name, size, asked)
    return asked


def _check_sides(name: str, size: Sequence[int], strides: Strides) -> None:
    pairs = list(zip(size, multiples(strides), strict=True))
    if any(side % multiple for side, multiple in pairs):
        rows, columns = multiples(strides)
        expected = f"multiples of {rows}" if rows == columns else f"multiples of {rows} (rows) and {columns} (columns)"
        raise TfpartialError(f"{name}: expected slices whose sides are {expected}, got {size[0]}x{size[1]}")
    if any(side // multiple < min(side, LEAST_EDGE) for side, multiple in pairs):
        left = "x".join(str(side // multiple) for side, multiple in pairs)
        most = len(planned_strides(size)) + 1
        expected = f"stages that leave {LEAST_EDGE} voxels of each side ({most} for {size[0]}x{size[1]})"
        raise TfpartialError(f"{name}: expected {expected}, got {len(strides) + 1}, which leave {left}")
