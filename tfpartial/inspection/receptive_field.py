"""The theoretical receptive field: which voxels of a slice can reach a unit at all."""

from __future__ import annotations

from typing import NamedTuple

from tfpartial.inspection.graph import Step, Value
from tfpartial.inspection.kinds import kind_of
from tfpartial.inspection.spans import ALL, Sides, Span

AXES = (0, 1)


class Field(NamedTuple):
    """What the centre unit of a layer sees of a slice.

    Args:
        rows: first and last row; they may lie beyond the slice, where only padding is seen, and are infinite for a unit that
            sees all of any slice.
        columns: the same of the columns.
    """

    rows: Span
    columns: Span


def theoretical_field(steps: list[Step], target: Step, slices: Value) -> Field | None:
    """The field of the unit in the middle of a layer, `(H // 2, W // 2)`.

    It is followed backwards through the graph; where ways meet it is the smallest rectangle with all of them.

    Args:
        steps: of the network.
        target: the step whose features `[B, H, W, C]` hold the unit.
        slices: the input that is seen.

    Returns:
        None where the way leads through a layer of a kind that is not in `KINDS`.
    """
    (end,) = target.outputs
    middle = [Span(side // 2, side // 2) for side in end.shape[:2]]
    seen: dict[Value, list[Span]] = {end: middle}
    for step in reversed(steps[: steps.index(target) + 1]):
        asked = [seen[value] for value in step.outputs if value in seen]
        if not asked:
            continue
        kind = kind_of(step)
        if kind is None:
            return None
        for value in step.inputs:
            for spans in asked:
                own = [kind.sees(step.layer, _sides(step, value, axis), spans[axis]) for axis in AXES]
                before = seen.get(value, own)
                seen[value] = [span.joined(other) for span, other in zip(before, own, strict=True)]
    return Field(*seen[slices]) if slices in seen else None


def _sides(step: Step, value: Value, axis: int) -> Sides:
    """Of what has no rows and columns, such as tokens, everything is asked anyhow."""
    read, given = (grid[axis] if grid else 1 for grid in (value.grid, step.outputs[0].grid))
    return Sides(axis, read, given)


def sides_of(field: Field, sides: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of a field; those of the slice where it is the whole slice, however large."""
    rows, columns = (side if span == ALL else round(span.size) for span, side in zip(field, sides, strict=True))
    return rows, columns
