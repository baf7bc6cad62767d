"""Options of the stages that know where organs are (STIPPLE)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tfpartial.config.common import require

EPSILON = 1e-3
"""Least probability, most is one minus it, of a prior and of a network that is built without one."""
Least = Literal["cases", "epsilon"]


@dataclass(frozen=True)
class PriorConfig:
    """Average where each organ is, over the annotated training cases of a fold (STIPPLE, thesis, Algorithm 3).

    Args:
        store: what `prepare` wrote.
        splits: what `split` wrote: only training cases of `fold` are looked at.
        out: stage folder to write: `prior.npz` and a picture of every bin.
        fold: fold of `splits`.
        annotations: what `simulate` wrote; none takes the data set's own annotated sets.
        bins: bins along z (B); 0 takes one per slice.
        organ_bins: organ -> its own number of bins.
        unit: of the lengths of the priors: `mm`, or `voxels`, for cases of one spacing.
        step: side of a cell in the plane, in the unit; none takes the smallest spacing of the cases.
        extent: organ -> depth, height and width of its box, in the unit; none takes the largest of the cases.
        quantile: leaves out cases whose organ is longer along an axis than in this share of them; 1 leaves out none.
        epsilon: least probability; most is one minus it. Networks that are trained with the prior clip to it as well.
        least: what else limits the probabilities: `cases`, that n cases tell nothing below 1 / (2n + 2), so that organs with few
            cases have a larger least probability; or `epsilon` alone, as in the thesis.
        margin: distance from an organ's box, in the unit, beyond which its probability is epsilon, however few its cases are:
            none of them had it anywhere near. None has no such distance, as in the thesis.
        grid_mm: side of a cell of the coarse grid on which organs are looked for.
        reference: what new cases are aligned with: some `cases`, or their `mean`.
        references: number of these cases. The thesis takes 1.
        seed: seed of the draw.
    """

    store: Path
    splits: Path
    out: Path
    fold: int = 0
    annotations: Path | None = None
    bins: int = 5
    organ_bins: dict[str, int] = field(default_factory=dict)
    unit: Literal["mm", "voxels"] = "mm"
    step: float | None = None
    extent: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    quantile: float = 1.0
    epsilon: float = EPSILON
    least: Least = "cases"
    margin: float | None = 20.0
    grid_mm: float = 4.0
    reference: Literal["cases", "mean"] = "cases"
    references: int = 6
    seed: int = 0

    def __post_init__(self) -> None:
        for option, bins in {
            "bins": self.bins,
            **{f"organ_bins of {organ}": bins for organ, bins in self.organ_bins.items()},
        }.items():
            require(bins >= 0, option, "1 or more, or 0 for all slices", bins)
        require(self.step is None or self.step > 0, "step", "more than 0", self.step)
        for organ, lengths in self.extent.items():
            require(min(lengths) > 0, f"extent of {organ}", "lengths above 0", lengths)
        require(0 < self.quantile <= 1, "quantile", "above 0, to 1", self.quantile)
        require(0 < self.epsilon < 0.5, "epsilon", "above 0, below 0.5", self.epsilon)
        require(self.margin is None or self.margin >= 0, "margin", "0 or more", self.margin)
        require(self.grid_mm > 0, "grid_mm", "more than 0", self.grid_mm)
        require(self.references >= 1, "references", "1 or more", self.references)


@dataclass(frozen=True)
class SearchConfig:
    """How organs are looked for, and when a place is not trusted.

    Args:
        window_mm: largest movement from the coarse centre along each axis.
        votes: references that are listened to: those that overlap best once they are aligned; the median of their translations is
            taken.
        pull_mm: a movement of this length counts as much as the whole divergence at the minimum, others by their squares: an
            organ that both ends of the scan cut fits everywhere along itself, and should stay. 0 takes the minimum alone, as the
            thesis does.
        pieces: number of connected pieces of what is predicted, the largest first, from each of which the organ is looked for:
            the largest may lie far from it. The place that overlaps best with the references is taken. 1 asks the largest alone.
        adjust: search by KL divergence; off takes the coarse centre as it is (the naive positioning of Table 4.4).
        smallest: share of an organ's smallest volume in the training cases that must be predicted; less is out of the scan.
        poorest: overlap with the references, as a share of what labelled cases have, below which no translation fits.
        displaced: standard deviations from where the other organs let an organ be expected, from which on it is not trusted.
    """

    window_mm: float = 30.0
    votes: int = 3
    pull_mm: float = 40.0
    pieces: int = 3
    adjust: bool = True
    smallest: float = 0.02
    poorest: float = 0.3
    displaced: float = 4.0

    def __post_init__(self) -> None:
        require(self.window_mm > 0, "search.window_mm", "more than 0", self.window_mm)
        require(self.votes >= 1, "search.votes", "1 or more", self.votes)
        require(self.pull_mm >= 0, "search.pull_mm", "0 or more", self.pull_mm)
        require(self.pieces >= 1, "search.pieces", "1 or more", self.pieces)
        require(0 <= self.smallest < 1, "search.smallest", "0 or more, below 1", self.smallest)
        require(0 <= self.poorest < 1, "search.poorest", "0 or more, below 1", self.poorest)
        require(self.displaced > 0, "search.displaced", "more than 0", self.displaced)


@dataclass(frozen=True)
class AlignConfig:
    """Find where the organs are in cases without their labels, for the prior (STIPPLE, thesis, section 4.2.2).

    Args:
        store: what `prepare` wrote.
        splits: what `split` wrote: training, validation and test cases of `fold` are aligned.
        model: stage folder of the segmenter whose probabilities tell the coarse places.
        prior: stage folder that `prior` wrote.
        out: stage folder to write: `positions.json` and a table.
        fold: fold of `splits`.
        annotations: what `simulate` wrote: in training cases an organ annotated by it is where its label is.
        checkpoint: the segmenter's checkpoint.
        search: how, and when a place is not trusted.
        truth: place every organ that the store's experts drew where its label is, in test cases, too: what a perfect search
            would give, for comparison.
        batch: slices per step.
    """

    store: Path
    splits: Path
    model: Path
    prior: Path
    out: Path
    fold: int = 0
    annotations: Path | None = None
    checkpoint: Literal["last", "best"] = "last"
    search: SearchConfig = field(default_factory=SearchConfig)
    truth: bool = False
    batch: int = 8

    def __post_init__(self) -> None:
        require(self.batch >= 1, "batch", "1 or more", self.batch)


@dataclass(frozen=True)
class PriorUseConfig:
    """How a network is told the prior.

    Args:
        where: `activation` adds its log-odds to the logits (thesis, eq. 4.2, 4.3); `input` gives them as further channels,
            `bottleneck` adds them to the features of the lowest level.
        jitter_mm: standard deviation of random errors of the organs' places in training, along each axis: at prediction they
            are not exact either. None takes each organ's own error of the search, measured on the annotated organs of the
            validation cases that `positions` has.
        search: how organs are looked for in validation cases without `positions`, as `predict` looks for them.
    """

    where: Literal["activation", "input", "bottleneck"] = "activation"
    jitter_mm: float | None = 0.0
    search: SearchConfig = field(default_factory=SearchConfig)

    def __post_init__(self) -> None:
        require(self.jitter_mm is None or self.jitter_mm >= 0, "prior_use.jitter_mm", "0 or more", self.jitter_mm)
