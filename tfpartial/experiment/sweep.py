"""The cells of a sweep, what they have in common, and what is done with all of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from tfpartial.errors import TfpartialError
from tfpartial.experiment.common_stages import CommonStages
from tfpartial.experiment.plan import PlannedStage, Point, plan
from tfpartial.experiment.specification import StageSpec
from tfpartial.stages import OUTPUTS


@dataclass(frozen=True)
class Cell:
    """One combination of a sweep.

    Args:
        labels: axis -> value, as the table shows them.
        chain: all stages that differ from cell to cell, in their order; some may belong to an earlier cell that has the same.
        stages: those that belong to this cell.
        to_do: those of them that are to be done now.
    """

    labels: Mapping[str, Any]
    chain: tuple[PlannedStage, ...]
    stages: tuple[PlannedStage, ...]
    to_do: tuple[PlannedStage, ...]

    @property
    def id(self) -> str:
        """How messages call it."""
        return ", ".join(f"{axis} {value}" for axis, value in self.labels.items())

    def needs(self, stage: PlannedStage) -> list[PlannedStage]:
        """The stages of other cells that a stage of this one rests on."""
        own = {mine.name for mine in self.stages}
        return [other for other in self.chain if other.name in stage.rests_on - own]


@dataclass(frozen=True)
class SweepPlan:
    """All stages of a sweep, each once.

    Args:
        shared: stages that several cells rest on.
        cells: the cells.
        closing: stages that take what several cells give.
        chains: all stages of each cell that is to be done, the shared and the closing ones too, in their order.
    """

    shared: tuple[PlannedStage, ...]
    cells: tuple[Cell, ...]
    closing: tuple[PlannedStage, ...]
    chains: tuple[tuple[PlannedStage, ...], ...]

    def stages(self) -> list[PlannedStage]:
        """All that are to be done now; each stands after those that it rests on."""
        return [*self.shared, *(stage for cell in self.cells for stage in cell.to_do), *self.closing]

    def only(self, stages: Sequence[PlannedStage]) -> SweepPlan:
        """The plan to do these stages alone; what closes the sweep, only over cells that are done so far."""
        kept = {stage.name for stage in stages}

        def chosen(some: Sequence[PlannedStage]) -> tuple[PlannedStage, ...]:
            return tuple(stage for stage in some if stage.name in kept)

        cells = tuple(dataclasses.replace(cell, to_do=chosen(cell.to_do)) for cell in self.cells)
        closing = tuple(stage for stage in chosen(self.closing) if stage.rests_on <= kept)
        return SweepPlan(chosen(self.shared), cells, closing, self.chains)


def plan_sweep(
    methods: Mapping[str, Sequence[StageSpec]],
    root: Path,
    alphas: Sequence[float],
    folds: Sequence[int],
    only: Sequence[str] = (),
    seeds: Sequence[int] = (),
) -> SweepPlan:
    """The stages of every cell, in folders named after the axes along which they differ: `alpha0.3/fold0/seed1/certain/05-train`.

    A stage that several methods have in common is in the folder of the first of them: see `CommonStages`.

    Args:
        methods: name -> its stages.
        root: folder of the sweep.
        alphas: shares of the labels to keep; empty when that is no axis.
        folds: the folds.
        only: methods to do; of the others, just the stages that these have in common with them. None does all.
        seeds: seeds of the trainings; empty when that is no axis. What is the same for all seeds is done once.

    Raises:
        TfpartialError: an axis with a value twice or without effect, a method that does nothing of its own, or as `plan`.
    """
    axes: dict[str, Sequence[Any]] = {"alpha": alphas} if alphas else {}
    axes |= {"fold": folds, "seed": seeds} if seeds else {"fold": folds}
    for axis, values in axes.items():
        if not values or len(set(values)) < len(values):
            raise TfpartialError(f"{axis}s: expected different values, got {', '.join(map(str, values)) or 'none'}")
    found: dict[str, PlannedStage] = {}
    common = CommonStages()
    cells: list[Cell] = []
    chains: list[tuple[PlannedStage, ...]] = []
    for *values, method in product(*axes.values(), methods):
        settings = dict(zip(axes, values, strict=True))
        folders = {axis: f"{axis}{value:g}" for axis, value in settings.items()} | {"method": method}
        specs = methods[method]
        given = {axis: value for axis, value in settings.items() if axis != "seed"}
        chain = plan(specs, root, Point(given, folders, settings.get("seed")), common.known_to(specs))
        common.add(specs, chain)
        cells.append(_cell({"method": method} | settings, chain, found))
        if not only or method in only:
            chains.append(tuple(chain))
        else:  # what closes the sweep is over the methods that are done
            closing = _closing(chain)
            chain = [stage for stage in chain if stage.name not in closing]
        for stage in chain:
            found[stage.name] = _joined(found[stage.name], stage) if stage.name in found else stage
    own = {stage.name for cell in cells for stage in cell.stages}
    needed = {stage.name for chain in chains for stage in chain}
    closing = _closing(found.values())
    in_order = sorted(found.values(), key=lambda stage: stage.number)
    shared = tuple(stage for stage in in_order if stage.name not in own | closing)
    full = SweepPlan(shared, tuple(cells), tuple(stage for stage in in_order if stage.name in closing), tuple(chains))
    return full.only([stage for stage in found.values() if stage.name in needed])


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


def _cell(labels: Mapping[str, Any], chain: Sequence[PlannedStage], found: Mapping[str, PlannedStage]) -> Cell:
    """The cell of a chain; the stages that were `found` in earlier cells are theirs."""
    closing = _closing(chain)
    differing = tuple(stage for stage in chain if stage.axes == set(labels) and stage.name not in closing)
    own = tuple(stage for stage in differing if stage.name not in found)
    if not differing:
        without = set(labels).difference(*(stage.axes for stage in chain))
        what = ", ".join(sorted(without)) or "all axes together"
        raise TfpartialError(f"sweep: no stage depends on {what}, so cells would be the same")
    if not own:
        raise TfpartialError(f"methods: '{labels['method']}' has no stage that the methods before it do not have; leave it out")
    return Cell(labels, differing, own, to_do=own)
