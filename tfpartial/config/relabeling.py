"""Options of the stages that recover missing labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tfpartial.config.augmentation import AugmentConfig
from tfpartial.config.common import Precision, require, require_rates, require_shares

Estimator = Literal["mcp", "learned", "mc_dropout", "tta"]
"""What tells how sure a predicted voxel is: see `tfpartial.confidence`."""
Among = Literal["missing", "all"]
"""The organs among which the candidates for relabeling are predicted: see `tfpartial.relabel.candidates`."""


@dataclass(frozen=True)
class EstimatorConfig:
    """Settings of the confidences that are no network's.

    Args:
        passes: passes per slice of `mc_dropout` and `tta`.
        dropout: share of the last features that each pass of `mc_dropout` drops.
        translation: largest shift of `tta`, as a share of the slice's side.
        rotation_deg: largest rotation of `tta` in degrees.
        seed: seed of the passes.
    """

    passes: int = 8
    dropout: float = 0.2
    translation: float = 0.02
    rotation_deg: float = 5.0
    seed: int = 0

    def __post_init__(self) -> None:
        require(self.passes >= 2, "estimators.passes", "2 or more", self.passes)
        require(0 < self.dropout < 1, "estimators.dropout", "above 0, below 1", self.dropout)
        require(self.translation >= 0, "estimators.translation", "0 or more", self.translation)
        require(self.rotation_deg >= 0, "estimators.rotation_deg", "0 or more", self.rotation_deg)
        require(self.seed >= 0, "estimators.seed", "0 or more", self.seed)


@dataclass(frozen=True)
class ConfidenceConfig:
    """Train a network that tells how sure each predicted voxel of a segmenter is (thesis, section 3.3.2).

    Args:
        store: what `prepare` wrote.
        splits: what `split` wrote.
        model: stage folder that `train` wrote.
        out: stage folder to write.
        fold: fold of `splits` to train on.
        annotations: what `simulate` wrote; none takes the data set's own annotated sets.
        segmenters: stage folders of further segmenters, trained with `leave_out`. What is learned of a case is then from the
            first of them that has not seen it (out of fold), and a case that all have seen is refused. None takes it from
            `model`, which has fitted its training slices. The features are those of `model` in both.
        checkpoint: the checkpoint of all segmenters.
        mode: `finetune` tunes a duplicate of the segmenter's features, `transfer` leaves them as they are.
        filters: filters of the head's 3x3 convolutions; a narrower segmenter wants a narrower head.
        loss: what is learned of each voxel and organ: `tcp` the True Class Probability, by squared error, as published; `correct`
            whether the segmenter is right, by binary cross entropy.
        balance: `none` is the published loss, the mean over all certain voxels; `predicted` lets the voxels that the segmenter
            predicts as an organ weigh as much in total as all others, for these are the ones that are ranked.
        start: `random` is the published head; `mcp` adds what it gives to the segmenter's own logits, from nothing on: the
            network begins as the Maximum Class Probability and learns where that is wrong.
        first_biases: output biases of a `random` start: `mean` starts each organ at its mean target over the first batches,
            `zero` at a confidence of 1/2, as published.
        augment: the augmentation.
        batch: slices per step.
        epochs: number of epochs.
        steps_per_epoch: steps of one epoch; none goes once through the epoch's slices.
        empty_share: share of all draws that go to slices of annotated cases without an annotated organ; none shows each of them
            once (`slices`), or as often as they are (`organs`).
        sampling: `slices` shows each slice with a label once in an epoch; `organs` draws as many in strata by the experts'
            labels, so that each organ is seen equally often, rare ones repeatedly.
        organ_share: `organs`: share of an organ's draws that show it; the others are annotated for it and show another organ.
        learning_rate: learning rate at the start.
        final_learning_rate: learning rate at the end; 0 for a `polynomial` decay at the least.
        decay: how it is reached: `polynomial` stays high for longer, `exponential` is as published.
        warmup_steps: first optimiser steps, over which the learning rate rises linearly from 0.
        precision: `auto` takes bfloat16 where the hardware multiplies it, else float32.
        jit: compile the step with XLA; `auto` does so on GPUs.
        deterministic: the same seed on the same machine with the same number of threads gives the same weights, bit for bit.
        seed: seed of the head's initial weights, the order of the slices and the augmentation.
    """

    store: Path
    splits: Path
    model: Path
    out: Path
    fold: int = 0
    annotations: Path | None = None
    segmenters: list[Path] = field(default_factory=list)
    checkpoint: Literal["last", "best"] = "last"
    mode: Literal["finetune", "transfer"] = "finetune"
    filters: list[int] = field(default_factory=lambda: [400, 120, 64, 64])
    loss: Literal["tcp", "correct"] = "tcp"
    balance: Literal["none", "predicted"] = "none"
    start: Literal["random", "mcp"] = "random"
    first_biases: Literal["mean", "zero"] = "mean"
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    batch: int = 8
    epochs: int = 10
    steps_per_epoch: int | None = None
    empty_share: float | None = 0.15
    sampling: Literal["slices", "organs"] = "organs"
    organ_share: float = 0.75
    learning_rate: float = 1e-4
    final_learning_rate: float = 1e-5
    decay: Literal["exponential", "polynomial"] = "polynomial"
    warmup_steps: int = 0
    precision: Precision = "auto"
    jit: Literal["auto", "on", "off"] = "auto"
    deterministic: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        for option in ("batch", "epochs"):
            require(getattr(self, option) >= 1, option, "1 or more", getattr(self, option))
        require(self.steps_per_epoch is None or self.steps_per_epoch >= 1, "steps_per_epoch", "1 or more", self.steps_per_epoch)
        require(bool(self.filters) and min(self.filters) >= 1, "filters", "one or more numbers from 1 on", self.filters)
        require(self.warmup_steps >= 0, "warmup_steps", "0 or more", self.warmup_steps)
        require_rates(self.learning_rate, self.final_learning_rate, self.decay)
        require_shares(self.empty_share, self.organ_share)


@dataclass(frozen=True)
class RelabelConfig:
    """Give organs that nobody annotated in a case the voxels that a segmenter is most sure of (thesis, Algorithms 1 and 2).

    Args:
        out: folder of the label layers: those of `labels`, and one more.
        store: what `prepare` wrote.
        splits: what `split` wrote: the training cases of `fold` are relabeled.
        model: stage folder that `train` wrote.
        fold: fold of `splits`.
        annotations: what `simulate` wrote; none takes the data set's own annotated sets.
        labels: folder of the earlier steps that `relabel` or `accept` wrote; none starts from the experts' labels.
        positions: stage folder that `align` wrote, for a segmenter with a prior; without it, or where an organ has no place in a
            case, its activation is the plain one.
        checkpoint: the segmenter's checkpoint.
        confidence: stage folder that `confidence` wrote.
        estimator: what ranks the voxels: `mcp` the segmenter's own probability, `learned` the network of `confidence`,
            `mc_dropout` or `tta` how little the probability varies between passes. None takes `learned` where `confidence` is
            given, else `mcp`.
        estimators: settings of `mc_dropout` and `tta`.
        among: the organs of which the one with the highest probability is predicted: `missing` those that are not annotated in
            the case; `all`, as in the thesis, every organ, and only voxels at which a missing one wins are candidates.
        share: share of the voxels predicted positive in a volume that become labels, the surest first (gamma_t).
        threshold: confidence from which on voxels become labels, instead of a share of them (self-paced).
        precision: lowers the share of each organ to what reaches this precision where the experts' labels are known.
        largest_component: organs of which only the largest connected piece of the selected voxels is kept.
        min_ml: organ -> smallest volume of what is selected in a case; less is left out.
        background: voxels where no organ of `among` reaches this probability are learned as background of all organs; none, as in
            the thesis, learns the positive voxels alone.
        nifti: write the layer as label maps on the native grid as well, for review; `accept` reads them back.
        batch: slices per step.
        slab: slices held in memory at a time.
        undo: remove this step, and the later ones that rest on it, from the folder `out`; nothing else is done.
    """

    out: Path
    store: Path | None = None
    splits: Path | None = None
    model: Path | None = None
    fold: int = 0
    annotations: Path | None = None
    labels: Path | None = None
    positions: Path | None = None
    checkpoint: Literal["last", "best"] = "last"
    confidence: Path | None = None
    estimator: Estimator | None = None
    estimators: EstimatorConfig = field(default_factory=EstimatorConfig)
    among: Among = "missing"
    share: float = 1.0
    threshold: float | None = None
    precision: float | None = None
    largest_component: list[str] = field(default_factory=list)
    min_ml: dict[str, float] = field(default_factory=dict)
    background: float | None = None
    nifti: bool = False
    batch: int = 8
    slab: int = 100
    undo: int | None = None

    def __post_init__(self) -> None:
        if self.undo is not None:
            require(self.undo >= 1, "undo", "a step, 1 or more", self.undo)
            return
        for option in ("store", "splits", "model"):
            require(getattr(self, option) is not None, option, "a path", "none")
        for option in ("batch", "slab"):
            require(getattr(self, option) >= 1, option, "1 or more", getattr(self, option))
        require(0 < self.share <= 1, "share", "above 0, to 1", self.share)
        for option in ("threshold", "precision"):
            value = getattr(self, option)
            require(value is None or 0 <= value <= 1, option, "0 to 1", value)
        require(self.background is None or 0 < self.background <= 0.5, "background", "above 0, to 0.5", self.background)
        require(self.threshold is None or self.share == 1, "threshold", "to stand alone", f"share {self.share:g} as well")
        for organ, smallest_ml in self.min_ml.items():
            require(smallest_ml > 0, f"min_ml of {organ}", "more than 0", smallest_ml)
        require(self.estimator != "learned" or self.confidence is not None, "confidence", "the folder of the network", "none")


@dataclass(frozen=True)
class AcceptConfig:
    """Take label maps that a person corrected as annotations.

    Args:
        store: what `prepare` wrote.
        files: corrected label maps `<case>.nii.gz`, or folders of them, on the native grid, with the organs' codes.
        out: folder of the label layers to write.
        labels: folder of label layers that the other cases and organs keep; none starts from the experts' labels.
        annotations: what `simulate` wrote; none takes the data set's own annotated sets.
        fold: fold of `annotations`.
        organs: organs that were looked for and corrected, and are annotated from now on; none takes those that the layers of
            `labels` gave to the case.
    """

    store: Path
    files: list[Path]
    out: Path
    labels: Path | None = None
    annotations: Path | None = None
    fold: int = 0
    organs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class RankConfig:
    """Measure how well confidences tell right from wrong among the voxels that may be relabeled; the truth must be known.

    Args:
        store: what `prepare` wrote; its labels are the truth.
        splits: what `split` wrote.
        model: stage folder that `train` wrote.
        out: folder of the tables and pictures.
        annotations: what `simulate` wrote: the organs that it took away are the ones that are ranked.
        fold: fold of `splits` and `annotations`.
        labels: label layers of earlier steps: their voxels are not ranked again.
        positions: stage folder that `align` wrote, for a segmenter with a prior.
        checkpoint: the segmenter's checkpoint.
        confidence: stage folder that `confidence` wrote, for the estimator `learned`.
        estimators: the estimators; none takes `mcp`, and `learned` where `confidence` is given.
        settings: settings of `mc_dropout` and `tta`.
        among: the organs among which the candidates are predicted, as in `relabel`.
        cases: number of cases to rank, drawn at random; none takes all.
        seed: seed of that draw.
        pictures: number of cases to draw.
        batch: slices per step.
    """

    store: Path
    splits: Path
    model: Path
    out: Path
    annotations: Path
    fold: int = 0
    labels: Path | None = None
    positions: Path | None = None
    checkpoint: Literal["last", "best"] = "last"
    confidence: Path | None = None
    estimators: list[Estimator] = field(default_factory=list)
    settings: EstimatorConfig = field(default_factory=EstimatorConfig)
    among: Among = "missing"
    cases: int | None = None
    seed: int = 0
    pictures: int = 3
    batch: int = 8

    def __post_init__(self) -> None:
        require(self.batch >= 1, "batch", "1 or more", self.batch)
        require(self.cases is None or self.cases >= 1, "cases", "1 or more", self.cases)
        require(self.pictures >= 0, "pictures", "0 or more", self.pictures)
        require(len(set(self.estimators)) == len(self.estimators), "estimators", "each once", self.estimators)
        require(
            "learned" not in self.estimators or self.confidence is not None, "confidence", "the folder of the network", "none"
        )
