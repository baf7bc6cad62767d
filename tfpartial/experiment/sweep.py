"""The cells of a sweep, what they have in common, and what is done with all of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from tfpartial.errors import TfpartialError
from tfpartial.experiment.plan import PlannedStage, Point, plan
from tfpartial.experiment.specification import StageSpec
from tfpartial.experiment.wiring import OUTPUTS


@dataclass(frozen=True)
class Cell:
    """One combination of a sweep.

    Args:
        labels: axis -> value, as the table shows them.
        stages: the stages that no other cell has, in their order.
        to_do: those of them that are to be done now.
    """

    labels: Mapping[str, Any]
    stages: tuple[PlannedStage, ...]
    to_do: tuple[PlannedStage, ...]

    @property
    def id(self) -> str:
        """How messages call it."""
        return ", ".join(f"{axis} {value}" for axis, value in self.labels.items())


@dataclass(frozen=True)
class SweepPlan:
    """All stages of a sweep, each once.

    Args:
        shared: stages that several cells rest on.
        cells: the cells.
        closing: stages that take what several cells give.
    """

    shared: tuple[PlannedStage, ...]
    cells: tuple[Cell, ...]
    closing: tuple[PlannedStage, ...]

    def stages(self) -> list[PlannedStage]:
        """All that are to be done now; each stands after those that it rests on."""
        return [*self.shared, *(stage for cell in self.cells for stage in cell.to_do), *self.closing]

    def only(self, stages: Sequence[PlannedStage]) -> SweepPlan:
        """The plan to do these stages alone."""
        kept = {stage.name for stage in stages}

        def chosen(some: Sequence[PlannedStage]) -> tuple[PlannedStage, ...]:
            return tuple(stage for stage in some if stage.name in kept)

        cells = tuple(dataclasses.replace(cell, to_do=chosen(cell.stages)) for cell in self.cells)
        return SweepPlan(chosen(self.shared), cells, chosen(self.closing))


def plan_sweep(
    methods: Mapping[str, Sequence[StageSpec]], root: Path, alphas: Sequence[float], folds: Sequence[int]
) -> SweepPlan:
    """The stages of every cell, in folders named after the axes along which they differ: `alpha0.3/fold0/certain/05-train`.

    Args:
        methods: name -> its stages.
        root: folder of the sweep.
        alphas: shares of the labels to keep; empty when that is no axis.
        folds: the folds.

    Raises:
        TfpartialError: an axis with a value twice or without effect, or as `plan`.
    """
    axes: dict[str, Sequence[Any]] = {"alpha": alphas, "fold": folds} if alphas else {"fold": folds}
    for axis, values in axes.items():
        if not values or len(set(values)) < len(values):
            raise TfpartialError(f"{axis}s: expected different values, got {', '.join(map(str, values)) or 'none'}")
    found: dict[str, PlannedStage] = {}
    chains: list[tuple[dict[str, Any], list[PlannedStage]]] = []
    for *values, method in product(*axes.values(), methods):
        settings = dict(zip(axes, values, strict=True))
        folders = {axis: f"{axis}{value:g}" for axis, value in settings.items()} | {"method": method}
        chain = plan(methods[method], root, Point(settings, folders))
        for stage in chain:
            found[stage.name] = _joined(found[stage.name], stage) if stage.name in found else stage
        chains.append(({"method": method} | settings, chain))
    closing = _closing(found.values())
    cells = tuple(_cell(labels, chain, closing) for labels, chain in chains)
    own = {stage.name for cell in cells for stage in cell.stages}
    in_order = sorted(found.values(), key=lambda stage: stage.number)
    shared = tuple(stage for stage in in_order if stage.name not in own | closing)
    return SweepPlan(shared, cells, tuple(stage for stage in in_order if stage.name in closing))


def _joined(first: PlannedStage, other: PlannedStage) -> PlannedStage:
    """One stage of two cells: what it takes from both."""
    lists = {name: value for name in first.wired if isinstance(value := getattr(first.config, name), list)}
    if not OUTPUTS[first.verb].gathers:
        return first
    joined = {name: list(dict.fromkeys([*value, *getattr(other.config, name)])) for name, value in lists.items()}
    return dataclasses.replace(
        first, config=dataclasses.replace(first.config, **joined), rests_on=first.rests_on | other.rests_on
    )


def _closing(stages: Iterable[PlannedStage]) -> set[str]:
    """Names of the stages that gather, and of those that rest on them."""
    names: set[str] = set()
    for stage in stages:
        if OUTPUTS[stage.verb].gathers or stage.rests_on & names:
            names.add(stage.name)
    return names


def _cell(labels: Mapping[str, Any], chain: Sequence[PlannedStage], closing: set[str]) -> Cell:
    own = tuple(stage for stage in chain if stage.axes == set(labels) and stage.name not in closing)
    if not own:
        without = set(labels).difference(*(stage.axes for stage in chain))
        what = ", ".join(sorted(without)) or "all axes together"
        raise TfpartialError(f"sweep: no stage depends on {what}, so cells would be the same")
    return Cell(labels, own, to_do=own)
