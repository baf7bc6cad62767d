"""Options of the stages that train."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tfpartial.config.augmentation import AugmentConfig
from tfpartial.config.common import (
    Activation,
    Method,
    OptionGroups,
    Options,
    Precision,
    Rule,
    require,
    require_rates,
    require_shares,
)
from tfpartial.config.priors import PriorUseConfig
from tfpartial.config.recipes import Recipe


@dataclass(frozen=True)
class NetworkConfig:
    """Which network.

    Args:
        name: `tfpartial info --networks` lists names and options; or `package.module:function` of installed code, which is run
            (`docs/how-to/use-another-network.md`).
        options: the network's own options, such as `width`.
    """

    name: str = "unet"
    options: Options = field(default_factory=dict)


@dataclass(frozen=True)
class LossConfig:
    """The loss: a weighted sum of terms under one weight map.

    Args:
        terms: term -> `weight` (1), `ramp` (first and last step of a linear rise from 0 to the weight; none has the weight from
            the start on) and the term's own options; `tfpartial info --losses` lists names and options. A term that is null or
            weighs 0 is left out. `bce` is the categorical cross entropy for a softmax.
    """

    terms: OptionGroups = field(default_factory=lambda: {"bce": {"weight": 1.0}})


@dataclass(frozen=True)
class TrainerConfig:
    """What is done with a batch.

    Args:
        name: a name of `tfpartial.training.TRAINERS`.
        options: the trainer's own options; `tfpartial info --trainers` lists names and options.
    """

    name: str = "supervised"
    options: Options = field(default_factory=dict)


@dataclass(frozen=True)
class OptimizerConfig:
    """How the weights follow the gradients.

    Args:
        name: a name of `tfpartial.training.optimizers`, `adam` or `sgd`.
        options: the optimiser's own options, such as `momentum`; `tfpartial info --optimizers` lists names and options.
        clip_norm: norm of all gradients together at most; longer ones are shortened. None does not clip.
    """

    name: str = "adam"
    options: Options = field(default_factory=dict)
    clip_norm: float | None = None

    def __post_init__(self) -> None:
        require(self.clip_norm is None or self.clip_norm > 0, "optimizer.clip_norm", "more than 0", self.clip_norm)


@dataclass(frozen=True)
class TrainConfig:
    """Train a segmenter.

    Args:
        store: what `prepare` wrote.
        splits: what `split` wrote.
        out: stage folder to write.
        fold: fold of `splits` to train on.
        annotations: what `simulate` wrote; none takes the data set's own annotated sets.
        leave_out: a part, from 0, and the number of parts, such as `0 2`: the training cases are divided by patient, and this
            part is not learned. The segmenters of all parts are the `segmenters` of `confidence`. None learns all.
        model: stage folder of a trained segmenter whose weights are the first ones (fine-tuning); none draws them.
        checkpoint: the checkpoint of `model`.
        labels: folder of label layers that `relabel` or `accept` wrote, for the training cases; none takes the experts' labels.
        pseudo_labels: what is done with the pseudo-labels of `labels`: `learn`, or `ignore`, the control of a fine-tuning, which
            draws the same slices and leaves the voxels as unknown as they were before.
        prior: stage folder that `prior` wrote, whose priors are part of the network (STIPPLE); none trains without.
        positions: stage folder that `align` wrote: places of organs that are not annotated; none places only annotated ones.
        prior_use: how the network is told the prior.
        recipe: name of a set of options: where nothing else is said, `nnunet` trains as nnU-Net does (deep supervision, its loss,
            augmentation, optimiser and learning rates). The stage's `config.yaml` shows each of them.
        method: weight rule and activation under one name. `certain` learns only certain labels
            (INERRANT0, SMILE); `naive` takes every missing label for background; `naive_softmax` does so with a softmax over
            organs and background.
        rule: where a label may be learned, instead of the method's rule: `certain`, `naive`, `positives` (PBCE), `any` (MBCE) or
            `any_or_outside_box`, which needs boxes.
        activation: what ends the network, instead of the method's: a `sigmoid` per organ, or one `softmax` with background.
        trainer: what is done with a batch.
        network: the network.
        loss: the loss.
        deep_supervision: let coarser levels of the network's decoder learn as well, by all terms, each on its own grid: with the
            weights 1, 1/2, 1/4, ..., whose sum is 1, without the coarsest one (nnU-Net). The network that is kept has one output.
        augment: the augmentation.
        first_biases: output biases of a new network: `frequency` starts each organ at its share of the voxels in cases that are
            annotated for it, `zero` at a probability of 1/2.
        norm_momentum: momentum of the batch statistics that prediction normalises by. At Keras's 0.99 they lag hundreds of steps
            behind the weights of a short training, which then predicts little of what it has learned.
        window_hu: HU window; values outside are clipped.
        batch: slices per step.
        epochs: number of epochs.
        steps_per_epoch: steps of one epoch; none goes once through the epoch's slices.
        empty_share: share of all draws that go to slices of annotated cases without an annotated organ; none shows each of them
            once (`slices`), or as often as they are (`organs`).
        sampling: `slices` shows each slice with a label once in an epoch; `organs` draws as many in strata by the experts'
            labels, so that each organ is seen equally often, rare ones repeatedly.
        organ_share: `organs`: share of an organ's draws that show it; the others are annotated for it and show another organ.
        pseudo_share: `organs`: share of all draws that go to slices with a pseudo-label, where there are any.
        optimizer: the optimiser.
        learning_rate: learning rate at the start.
        final_learning_rate: learning rate at the end; 0 for a `polynomial` decay at the least.
        decay: how it is reached: `polynomial` stays high for longer, `exponential` is as published.
        warmup_steps: first optimiser steps, over which the learning rate rises linearly from 0.
        ema: momentum of the moving average of weights and batch statistics that is validated, and kept as last and best network;
            0 keeps the last step's. The momentum rises to it over the first steps, so short trainings may have one.
        validate_every: epochs between validations.
        precision: `auto` takes bfloat16 where the hardware multiplies it, else float32.
        jit: compile the step with XLA; `auto` does so on GPUs.
        deterministic: the same seed on the same machine with the same number of threads gives the same weights, bit for bit.
        seed: seed of the initial weights, the order of the slices and the augmentation.
    """

    store: Path
    splits: Path
    out: Path
    fold: int = 0
    annotations: Path | None = None
    leave_out: tuple[int, int] | None = None
    model: Path | None = None
    checkpoint: Literal["last", "best"] = "last"
    labels: Path | None = None
    pseudo_labels: Literal["learn", "ignore"] = "learn"
    prior: Path | None = None
    positions: Path | None = None
    prior_use: PriorUseConfig = field(default_factory=PriorUseConfig)
    recipe: Recipe | None = None
    method: Method = "certain"
    rule: Rule | None = None
    activation: Activation | None = None
    trainer: TrainerConfig = field(default_factory=TrainerConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    deep_supervision: bool = False
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    first_biases: Literal["frequency", "zero"] = "frequency"
    norm_momentum: float = 0.9
    window_hu: tuple[float, float] = (-160.0, 300.0)
    batch: int = 8
    epochs: int = 50
    steps_per_epoch: int | None = None
    empty_share: float | None = 0.05
    sampling: Literal["slices", "organs"] = "organs"
    organ_share: float = 1.0
    pseudo_share: float = 0.5
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    learning_rate: float = 2e-3
    final_learning_rate: float = 1e-4
    decay: Literal["exponential", "polynomial"] = "polynomial"
    warmup_steps: int = 0
    ema: float = 0.0
    validate_every: int = 5
    precision: Precision = "auto"
    jit: Literal["auto", "on", "off"] = "auto"
    deterministic: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        for option in ("batch", "epochs", "validate_every"):
            require(getattr(self, option) >= 1, option, "1 or more", getattr(self, option))
        require(self.steps_per_epoch is None or self.steps_per_epoch >= 1, "steps_per_epoch", "1 or more", self.steps_per_epoch)
        require(self.warmup_steps >= 0, "warmup_steps", "0 or more", self.warmup_steps)
        require_rates(self.learning_rate, self.final_learning_rate, self.decay)
        require_shares(self.empty_share, self.organ_share, self.pseudo_share if self.sampling == "organs" else 0.0)
        require(0 <= self.norm_momentum < 1, "norm_momentum", "0 or more, below 1", self.norm_momentum)
        require(0 <= self.ema < 1, "ema", "0 or more, below 1", self.ema)
        if self.leave_out is not None:
            part, parts = self.leave_out
            require(parts >= 2 and 0 <= part < parts, "leave_out", "a part from 0 and 2 or more parts", f"{part} and {parts}")
        low, high = self.window_hu
        require(low < high, "window_hu", "the lower HU first", f"{low:g} and {high:g}")
