"""Options of the stages that do others."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tfpartial.config.common import StageEntry, require
from tfpartial.config.relabeling import Estimator

CURRICULUM = "curriculum"
"""The section of an experiment that stands for several stages."""


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
    """Do an experiment for every method, share of labels, fold and seed; what cells have in common is done once.

    Args:
        experiment: YAML file with a section per stage; it is the FILE of `tfpartial sweep FILE`.
        methods: name -> how its stages differ from their sections, as `verb: {option: value}`; or the list of stages, as in
            `stages`, that the method does from its first stage on. `curriculum: {option: value}` gives it a curriculum,
            or changes that of the experiment, and `curriculum: null` leaves it out.
        only: names of the methods to do, with what they have in common with others; none does all.
        out: folder of the sweep; none takes `runs/` and the name of the file.
        alphas: shares of the labels to keep; none leaves the share to the section `simulate`.
        folds: folds to do.
        seeds: seeds of all that is random from the training on (`train`, `confidence`, Monte-Carlo passes); folds, removed labels
            and the store are the same for all. None leaves the seeds to the sections.
        stages: the stages in their order: verbs, or `verb: {option: value}` where one differs from its section. None takes the
            sections in the order of the file.
        set: options of stages that replace those of the file, such as `train.epochs=2`.
        until: last stage to do, as a verb or a folder's name; of a method without it, nothing of its own is done.
        redo: stage to do again, with all that rests on it, as a verb or a folder's name.
        dry_run: only tell what would be done.
        scheduler: address of a Dask scheduler (`tcp://host:port`) whose workers do the cells; they must see the same folders.
        connect_timeout_s: seconds to look for the scheduler; none takes Dask's own `tfpartial.connect-timeout`, else 5.
    """

    experiment: Path
    methods: dict[str, dict[str, dict[str, Any] | None] | list[StageEntry]]
    only: list[str] = field(default_factory=list)
    out: Path | None = None
    alphas: list[float] = field(default_factory=list)
    folds: list[int] = field(default_factory=lambda: [0])
    seeds: list[int] = field(default_factory=list)
    stages: list[StageEntry] | None = None
    set: list[str] = field(default_factory=list)
    until: str | None = None
    redo: str | None = None
    dry_run: bool = False
    scheduler: str | None = None
    connect_timeout_s: float | None = None

    def __post_init__(self) -> None:
        unknown = [name for name in self.only if name not in self.methods]
        require(not unknown, "only", f"methods of the experiment ({', '.join(self.methods)})", ", ".join(unknown))


@dataclass(frozen=True)
class CurriculumConfig:
    """Recover missing labels step by step, the surest voxels first (thesis, Algorithms 1 and 2; SMILE, section 2.2).

    The section `curriculum` is no stage. It stands for stages right after the last `train` before it, T times over: `confidence`
    (for the estimator `learned`), `rank` (if asked for), `relabel`, and a `train` that fine-tunes on the new labels.

    Args:
        steps: number of steps T.
        share: share of the predicted voxels that are labels after the last step (gamma_max); step t relabels `share * t / T`.
        estimator: what ranks the voxels, as in `relabel`.
        precision: precision to which each organ's share is lowered, as in `relabel`.
        threshold: confidence from which on voxels become labels at every step, instead of a share of them (self-paced).
        pseudo_labels: `learn`, or `ignore` for a control: the same stages, loss, steps and draws, and pseudo-labeled voxels are
            not learned. From the second step on, the control relabels by its own networks.
        start_from: the segmenter that step t fine-tunes: that of the `previous` step, or, as in the thesis's Algorithm 2, the
            `first` one, from before the curriculum. Confidences and pseudo-labels are those of the previous step's in both.
        score: predict and score after every step, as the sections `predict` and `score` say, not after the last one alone.
        rank: measure the confidences before they are used; the truth must be known.
        pick: end with the stage `pick`, which goes back to the last step that did not lower the validation DSC.
        confidence: options of the stages `confidence`.
        relabel: further options of the stages `relabel`.
        train: options of the fine-tuning that replace those of the `train` before the curriculum.
    """

    steps: int = 3
    share: float = 1.0
    estimator: Estimator = "learned"
    precision: float | None = None
    threshold: float | None = None
    pseudo_labels: Literal["learn", "ignore"] = "learn"
    start_from: Literal["first", "previous"] = "previous"
    score: bool = False
    rank: bool = False
    pick: bool = False
    confidence: dict[str, Any] = field(default_factory=dict)
    relabel: dict[str, Any] = field(default_factory=dict)
    train: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require(self.steps >= 1, "curriculum.steps", "1 or more", self.steps)
        require(0 < self.share <= 1, "curriculum.share", "above 0, to 1", self.share)
        for option in ("threshold", "precision"):
            value = getattr(self, option)
            require(value is None or 0 <= value <= 1, f"curriculum.{option}", "0 to 1", value)
        alone = self.threshold is None or self.share == 1
        require(alone, "curriculum.threshold", "to stand alone", f"share {self.share:g} as well")
        require(
            "pseudo_labels" not in self.train, "curriculum.pseudo_labels", "it in the curriculum itself", "it in curriculum.train"
        )
        for option in ("share", "estimator", "precision", "threshold"):
            given = f"it in curriculum.relabel: {self.relabel.get(option)}"
            require(option not in self.relabel, f"curriculum.{option}", "it in the curriculum itself", given)


@dataclass(frozen=True)
class PickConfig:
    """Choose a model of a curriculum by its validation DSC on the organs annotated there.

    Args:
        models: stage folders that `train` wrote, in the order in which they were trained.
        out: stage folder to write, of use as a `model`: the chosen one's files and `choice.json`.
    """

    models: list[Path]
    out: Path

    def __post_init__(self) -> None:
        require(bool(self.models), "models", "one or more folders", "none")
