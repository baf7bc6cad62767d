"""Options of the stages that do others."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tfpartial.config.common import StageEntry


@dataclass(frozen=True)
class RunConfig:
    """Do the stages of an experiment in their order, and go on where it stopped.

    Args:
        experiment: YAML file with a section per stage; it is the FILE of `tfpartial run FILE`.
        out: folder of the run; none takes `runs/` and the name of the file.
        stages: the stages in their order: verbs, or `verb: {option: value}` where one differs from its section. None takes the
            sections in the order of the file.
        fold: fold of every stage that has one.
        set: options of stages that replace those of the file, such as `train.epochs=2`.
        until: last stage to do, as a verb or a folder's name.
        redo: stage to do again, with all that rests on it, as a verb or a folder's name.
        dry_run: only tell what would be done.
    """

    experiment: Path
    out: Path | None = None
    stages: list[StageEntry] | None = None
    fold: int = 0
    set: list[str] = field(default_factory=list)
    until: str | None = None
    redo: str | None = None
    dry_run: bool = False


@dataclass(frozen=True)
class SweepConfig:
    """Do an experiment for every method, share of labels and fold; what cells have in common is done once.

    Args:
        experiment: YAML file with a section per stage; it is the FILE of `tfpartial sweep FILE`.
        methods: name -> how its stages differ from their sections, as `verb: {option: value}`; or the list of stages, as in
            `stages`, that the method does from its first stage on.
        out: folder of the sweep; none takes `runs/` and the name of the file.
        alphas: shares of the labels to keep; none leaves the share to the section `simulate`.
        folds: folds to do.
        stages: the stages in their order: verbs, or `verb: {option: value}` where one differs from its section. None takes the
            sections in the order of the file.
        set: options of stages that replace those of the file, such as `train.epochs=2`.
        until: last stage to do, as a verb or a folder's name.
        redo: stage to do again, with all that rests on it, as a verb or a folder's name.
        dry_run: only tell what would be done.
        scheduler: address of a Dask scheduler (`tcp://host:port`) whose workers do the cells; they must see the same folders.
    """

    experiment: Path
    methods: dict[str, dict[str, dict[str, Any] | None] | list[StageEntry]]
    out: Path | None = None
    alphas: list[float] = field(default_factory=list)
    folds: list[int] = field(default_factory=lambda: [0])
    stages: list[StageEntry] | None = None
    set: list[str] = field(default_factory=list)
    until: str | None = None
    redo: str | None = None
    dry_run: bool = False
    scheduler: str | None = None
