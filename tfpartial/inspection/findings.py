"""The whole inspection of a network: fields, attention and costs, as rows and arrays."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

import numpy as np

from tfpartial.errors import TfpartialError
from tfpartial.inspection.attention_maps import attention_at, attention_layers
from tfpartial.inspection.costs import Cost, costs_of, total_of
from tfpartial.inspection.effective_field import central_value, effective_field, effective_side
from tfpartial.inspection.graph import Step, step_named, steps_of
from tfpartial.inspection.kinds import unknown_kinds
from tfpartial.inspection.receptive_field import Field, sides_of, theoretical_field
from tfpartial.inspection.spans import ALL
from tfpartial.inspection.subject import Subject
from tfpartial.models.endpoints import BOTTLENECK
from tfpartial.progress import track

LOG = logging.getLogger(__name__)


class FieldFound(NamedTuple):
    """What the middle unit of a layer sees.

    Args:
        layer: its name.
        theoretical: the field by the graph; none where a kind of layer is not known.
        gradient: float32 `[H, W]`, how much each voxel moves the unit.
        centre: the gradient at the field's centre.
    """

    layer: str
    theoretical: Field | None
    gradient: np.ndarray
    centre: float

    def row(self) -> dict[str, Any]:
        """As the tables have it; none where undefined."""
        sides = (None, None) if self.theoretical is None else sides_of(self.theoretical, self.gradient.shape)
        effective = effective_side(self.gradient, self.centre)
        return {
            "layer": self.layer,
            "rows": sides[0],
            "columns": sides[1],
            "whole_slice": None if self.theoretical is None else ALL in self.theoretical,
            "effective": None if effective is None else round(effective, 2),
        }


class Attended(NamedTuple):
    """What the unit at the chosen voxel takes of others: float32 `[n, heads, rows, columns]`."""

    layer: str
    scores: np.ndarray

    def row(self) -> dict[str, Any]:
        """As the tables have it: `entropy` from 0, one unit, to 1, all alike; means over heads and slices."""
        _, heads, rows, columns = self.scores.shape
        flat = self.scores.reshape(-1, rows * columns).astype(np.float64)
        entropy = -np.sum(flat * np.log(np.maximum(flat, 1e-30)), axis=-1) / np.log(max(rows * columns, 2))
        return {"layer": self.layer, "heads": heads, "rows": rows, "columns": columns, "entropy": round(float(entropy.mean()), 4)}


class Inspection(NamedTuple):
    """What was found out about a network."""

    fields: list[FieldFound]
    attention: list[Attended]
    costs: list[Cost]
    total: dict[str, Any]


def inspect_network(subject: Subject, layers: list[str], voxel: tuple[int, int], batch: int) -> Inspection:
    """Looks at a network on its slices.

    Args:
        subject: network and slices.
        layers: layers whose fields are wanted; none for the encoder's end, where there is one, and the last layer.
        voxel: row and column on the slice, whose attention is wanted.
        batch: slices per step, for the memory.

    Raises:
        TfpartialError: a network that is not functional, a layer that it lacks, a voxel outside of the slice.
    """
    sides = subject.inputs[0].shape[1:3]
    if not all(0 <= place < side for place, side in zip(voxel, sides, strict=True)):
        raise TfpartialError(f"voxel: expected a row and column on the slice of {sides[0]}x{sides[1]}, got {voxel}")
    steps = steps_of(subject.exact)
    unknown = unknown_kinds(steps)
    if unknown:
        LOG.warning("nothing is known of layers of the kind %s: what depends on them is undefined", ", ".join(unknown))
    fields = [_field(subject, steps, name) for name in track(layers or _ends(steps), "receptive fields")]
    attention = [
        Attended(each.step.layer.name, attention_at(subject.exact, each, subject.inputs, voxel, sides))
        for each in track(attention_layers(steps), "attention")
    ]
    costs = costs_of(steps_of(subject.network))
    return Inspection(fields, attention, costs, total_of(costs, batch))


def _ends(steps: list[Step]) -> list[str]:
    """The layers that are looked at when none is named: the encoder's end, where the network names it, and the last one."""
    named = [step.layer.name for step in steps if step.layer.name == BOTTLENECK and not step.nested]
    return [*named, steps[-1].layer.name]


def _field(subject: Subject, steps: list[Step], name: str) -> FieldFound:
    target = step_named(subject.exact, steps, name)
    slices = next(value for step in steps for value in step.inputs if value.tensor is subject.exact.inputs[0])
    theoretical = theoretical_field(steps, target, slices)
    gradient = effective_field(subject.exact, target, subject.inputs)
    return FieldFound(name, theoretical, gradient, central_value(gradient, target, theoretical))
