"""Parts -> signed distances on a coarse lattice, where none of the solid ones overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_dilation, label

from tfpartial.data.phantom.parts import Part
from tfpartial.data.phantom.shapes import FAR_MM, Axes, Shape, smooth_cut, smooth_union, window_of

STEP_MM = 2.5
"""Spacing of the lattice. Distances are smooth, so that linear interpolation between its nodes keeps surfaces smooth."""
MARGIN_MM = 2 * STEP_MM
"""How far the box of a part reaches beyond its surface, for the interpolation."""
CUT_BLEND_MM = 3.0
"""Over what length the edges of hollows are rounded."""


@dataclass(frozen=True)
class Field:
    """The signed distance of one part, on the box of the lattice around it.

    Args:
        part: the part.
        box: where on the lattice `[z, y, x]`.
        distance_mm: float32, the box's shape.
    """

    part: Part
    box: tuple[slice, slice, slice]
    distance_mm: np.ndarray


def lattice(half_width_mm: float, z_range_mm: tuple[float, float]) -> Axes:
    """Axes that cover a scan with a margin; their nodes are multiples of `STEP_MM`, so they are the same in every scan."""

    def nodes(low: float, high: float) -> np.ndarray:
        return np.arange(np.floor(low / STEP_MM) - 1, np.ceil(high / STEP_MM) + 2, dtype=np.float32) * np.float32(STEP_MM)

    return nodes(*z_range_mm), nodes(-half_width_mm, half_width_mm), nodes(-half_width_mm, half_width_mm)


def place_parts(parts: Sequence[Part], axes: Axes) -> list[Field]:
    """Evaluates the parts in order; each solid one keeps its clearance from all solid ones before it.

    For distances f, g of two solid parts and the later's clearance c, f + g >= c at every node, and so at every point between
    nodes: with c > 0 no point is inside both.
    """
    taken = np.full([len(axis) for axis in axes], np.inf, dtype=np.float32)
    fields: dict[str, Field] = {}
    for part in parts:
        field = _place(part, axes, taken, fields)
        if field is not None:
            fields[part.name] = field
    return list(fields.values())


def _place(part: Part, axes: Axes, taken: np.ndarray, fields: dict[str, Field]) -> Field | None:
    """One part, or None if it lies outside the lattice. Marks its room in `taken`."""
    box, local = _around(part.shapes, axes, _margin(part))
    if not all(len(axis) for axis in local):
        return None
    distance = _distance(part, local)
    if part.within is not None:
        distance = np.maximum(distance, _part_of(fields.get(part.within), box) + np.float32(part.gap_mm))
    if part.solid:
        distance = np.maximum(distance, np.float32(part.clearance_mm) - taken[box])
        if part.in_one_piece:
            distance = _largest_piece(distance)
        taken[box] = np.minimum(taken[box], distance)
    return Field(part, box, distance)


def _margin(part: Part) -> float:
    """How far from its shapes a part can have an influence: in the bumps and the crease between the shapes."""
    return MARGIN_MM + part.blend_mm + sum(bumps.highest_mm for bumps in part.bumps)


def _around(shapes: Sequence[Shape], axes: Axes, margin_mm: float) -> tuple[tuple[slice, slice, slice], Axes]:
    """The box of the lattice around shapes, and its axes."""
    corners = [shape.bounds() for shape in shapes]
    low, high = np.min([low for low, _ in corners], axis=0), np.max([high for _, high in corners], axis=0)
    box = window_of(axes, low - margin_mm, high + margin_mm)
    return box, (axes[0][box[0]], axes[1][box[1]], axes[2][box[2]])


def _distance(part: Part, axes: Axes) -> np.ndarray:
    """The part on its own."""
    distance = np.full([len(axis) for axis in axes], FAR_MM, dtype=np.float32)
    margin = _margin(part)
    for shape in part.shapes:
        near, local = _around((shape,), axes, margin)
        distance[near] = smooth_union(distance[near], shape.distance(local), part.blend_mm)
    for shape in part.carved:
        near, local = _around((shape,), axes, CUT_BLEND_MM)
        distance[near] = smooth_cut(distance[near], shape.distance(local), CUT_BLEND_MM)
    for bumps in part.bumps:
        distance = distance + bumps.values(axes)
    return distance


def _largest_piece(distance: np.ndarray) -> np.ndarray:
    """Without the crumbs that giving way to others leaves on their far side."""
    pieces, count = label(distance < 0)
    if count < 2:
        return distance
    main = pieces == 1 + np.argmax(np.bincount(pieces.ravel())[1:])
    # One node around each crumb goes as well: it would shine through where it is nearer to the surface than half a pixel.
    crumbs = binary_dilation((pieces > 0) & ~main) & ~main
    return np.where(crumbs, np.float32(FAR_MM), distance)


def _part_of(field: Field | None, box: tuple[slice, slice, slice]) -> np.ndarray:
    """A field on another box of the lattice; beyond its own box it is `FAR_MM`, so is all of a field that is not there."""
    out = np.full([b.stop - b.start for b in box], FAR_MM, dtype=np.float32)
    if field is None:
        return out
    both = [slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(box, field.box, strict=True)]
    if all(s.start < s.stop for s in both):
        to = tuple(slice(s.start - b.start, s.stop - b.start) for s, b in zip(both, box, strict=True))
        source = tuple(slice(s.start - b.start, s.stop - b.start) for s, b in zip(both, field.box, strict=True))
        out[to] = field.distance_mm[source]
    return out
