"""A patient as a list of parts: what each is made of, what it is filled with, and to what it gives way."""

from __future__ import annotations

from dataclasses import dataclass

from tfpartial.data.phantom.shapes import Bumps, Shape


@dataclass(frozen=True)
class Layer:
    """A filling of a part, from a depth under its surface inwards.

    Args:
        tissue: a name of `tissue.TISSUES`.
        depth_mm: where it starts.
        anterior_of_mm: if given, it fills only what lies in front of this y (gas rises to the front of a lying patient).
        offset_hu: added to the tissue's HU in this part.
    """

    tissue: str
    depth_mm: float = 0.0
    anterior_of_mm: float | None = None
    offset_hu: float = 0.0


@dataclass(frozen=True)
class Part:
    """One anatomical structure.

    Solid parts never overlap: the earlier in the list keeps its shape, the later gives way and leaves `clearance_mm` of fat.
    The others (spaces, and what lies inside an organ) are drawn over what is there and take no room.

    Args:
        name: unique among the parts of a patient.
        shapes: united.
        layers: painted in this order; none makes the part only a space for others.
        within: name of an earlier part that it may not leave.
        gap_mm: distance that it keeps from the surface of `within`.
        carved: shapes taken away.
        bumps: irregularity of the surface.
        blend_mm: over what length the union of the shapes is smoothed.
        solid: whether it takes room.
        clearance_mm: distance from earlier solid parts.
        in_one_piece: only its largest piece stays where earlier parts divide it.
    """

    name: str
    shapes: tuple[Shape, ...]
    layers: tuple[Layer, ...] = ()
    within: str | None = None
    gap_mm: float = 0.0
    carved: tuple[Shape, ...] = ()
    bumps: tuple[Bumps, ...] = ()
    blend_mm: float = 0.0
    solid: bool = True
    clearance_mm: float = 1.5
    in_one_piece: bool = False
