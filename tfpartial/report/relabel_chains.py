"""The relabel steps in a folder: by method, share of labels and fold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from tfpartial.finished_stages import FoundStage, Place
from tfpartial.relabel.steps import MeasuredStep, has_steps, read_audit, read_steps
from tfpartial.report.run_folder import RunFolder


@dataclass(frozen=True)
class Chain:
    """The steps of one method, share of labels and fold, all in the folder of the last one.

    Args:
        method: the method.
        stage: the last stage.
        steps: the steps, from the first on.
        dsc: step -> best validation DSC of the training on its labels, as far as that is known.
    """

    method: str
    stage: FoundStage
    steps: tuple[MeasuredStep, ...]
    dsc: dict[int, float]

    @cached_property
    def audit(self) -> dict[int, pd.DataFrame]:
        """Step -> the rows of its audit."""
        return {step.step: read_audit(self.stage.folder, step.step) for step in self.steps}


@dataclass(frozen=True)
class ChainGroup:
    """The folds of one method and share of labels."""

    method: str
    alpha: float | None
    chains: tuple[Chain, ...]

    @property
    def numbers(self) -> list[int]:
        """The numbers of the steps."""
        return sorted({step.step for chain in self.chains for step in chain.steps})

    def values(self, number: int, organ: str, name: str) -> list[float]:
        """A field of `Measure` in each fold where it is known."""
        found = (step.measure(organ) for chain in self.chains for step in chain.steps if step.step == number)
        values = (getattr(measure, name) for measure in found if measure is not None)
        return [value for value in values if value is not None]

    def mean(self, number: int, organ: str, name: str) -> float:
        """The mean over the folds; NaN where no fold knows it."""
        values = self.values(number, organ, name)
        return float(np.mean(values)) if values else math.nan

    def sd(self, number: int, organ: str, name: str) -> float:
        """The sample standard deviation over the folds; NaN below two."""
        values = self.values(number, organ, name)
        return float(np.std(values, ddof=1)) if len(values) > 1 else math.nan


def chain_groups(run: RunFolder) -> list[ChainGroup]:
    """All relabel steps of a folder: the largest share of labels first, methods in their order.

    Raises:
        TfpartialError: a summary of a step cannot be read.
    """
    found: dict[tuple[float | None, str], list[Chain]] = {}
    for stages in _by_place(run).values():
        chain = _chain(run, stages)
        found.setdefault((chain.stage.place.alpha, chain.method), []).append(chain)
    cells = sorted(found, key=lambda cell: (-(cell[0] or 0), run.methods.index(cell[1])))
    return [ChainGroup(method, alpha, tuple(found[alpha, method])) for alpha, method in cells]


def relabeled(run: RunFolder) -> list[FoundStage]:
    """The stages of `relabel` that have finished a step."""
    return [stage for stage in run.of("relabel") if has_steps(stage.folder)]


def _by_place(run: RunFolder) -> dict[Place, list[FoundStage]]:
    places: dict[Place, list[FoundStage]] = {}
    for stage in relabeled(run):
        places.setdefault(stage.place, []).append(stage)
    return places


def _chain(run: RunFolder, stages: Sequence[FoundStage]) -> Chain:
    """The last of several stages holds the steps of those before."""
    last = stages[-1]
    dsc: dict[int, float] = {}
    for stage in stages:
        trained = [_validation_dsc(train) for train in run.of("train") if _learned_from(train, stage)]
        dsc |= {read_steps(stage.folder)[-1].step: value for value in trained if value is not None}
    return Chain(run.method_of(last), last, tuple(read_steps(last.folder)), dsc)


def _learned_from(train: FoundStage, relabel: FoundStage) -> bool:
    # By name: the paths in a configuration are those of the machine that it ran on.
    labels = train.options.get("labels")
    return labels is not None and train.place == relabel.place and Path(labels).name == relabel.folder.name


def _validation_dsc(train: FoundStage) -> float | None:
    return train.summary.get("best validation DSC")
