"""The summands of a loss, by name. A new one is a class, and a line in `TERMS`."""

from __future__ import annotations

from typing import Annotated, Literal

from keras import ops

from tfpartial.losses.base import PartialLoss, Tensor, one_of
from tfpartial.losses.cross_entropy import PartialBinaryCrossentropy, PartialCategoricalCrossentropy
from tfpartial.losses.dice import PartialDice
from tfpartial.losses.focal import Focal
from tfpartial.losses.inputs import LossInputs
from tfpartial.losses.regularisers.crf import Crf
from tfpartial.losses.regularisers.entropy import Entropy
from tfpartial.losses.regularisers.extremal_area import ExtremalArea
from tfpartial.losses.regularisers.laplacian import Laplacian
from tfpartial.losses.regularisers.marginal_kl import MarginalKL
from tfpartial.losses.regularisers.mutual_information import MutualInformation
from tfpartial.losses.regularisers.size import Size
from tfpartial.losses.term import Term
from tfpartial.options import AtLeast

CROSS_ENTROPIES = {"sigmoid": PartialBinaryCrossentropy, "softmax": PartialCategoricalCrossentropy}
SLICES = ("certain", "annotated")


class CrossEntropy(Term):
    """Cross entropy on certain voxels: binary for sigmoids, categorical for a softmax.

    Args:
        activation: `sigmoid` or `softmax`.
        reduction: `valid_mean` divides each organ's sum by its certain voxels, `batch_mean` by all voxels of the batch.
        floor: share of the batch that an organ's certain voxels count for at least under `valid_mean`: a handful of voxels in a
            batch without an annotated slice of the organ then does not weigh as much as a whole batch.
    """

    def __init__(
        self,
        activation: str,
        reduction: Literal["valid_mean", "batch_mean"] = "valid_mean",
        floor: Annotated[float, AtLeast(0)] = 0.1,
    ) -> None:
        super().__init__(activation)
        self.loss: PartialLoss = CROSS_ENTROPIES[activation](reduction=reduction, floor=floor)

    def __call__(self, inputs: LossInputs) -> Tensor:
        return self.loss(inputs.targets, inputs.logits[1], sample_weight=inputs.weights)


class Dice(Term):
    """Soft Dice on certain voxels, the mean of the organs.

    The defaults are not those of `PartialDice`: with `log` and a small `smooth` rare organs are found within a few hundred steps
    (docs/results.md, "How fast organs are found").

    Args:
        activation: `sigmoid` or `softmax`.
        organs: organs of the mean: `weighted` those with any certain voxel in the batch, `present` those with any positive voxel
            in it, `all` every organ: a batch without an organ is then best at "nothing anywhere", for thousands of steps.
        slices: slices in which an organ counts: those with any `certain` voxel of it, or those in which it is `annotated`. With
            pseudo-labels take `annotated`: where only positives are certain, Dice is best when the organ is everywhere.
        form: what an organ's Dice D adds: `linear` 1 - D, `log` -ln D, which moves organs that are not yet seen at all.
        smooth: voxels added to numerator and denominator; with more than the voxels that a rare organ is expected to have
            where nothing was learned yet, `log` does not move it either.
    """

    def __init__(
        self,
        activation: str,
        organs: Literal["weighted", "present", "all"] = "present",
        slices: Literal["certain", "annotated"] = "certain",
        form: Literal["linear", "log"] = "log",
        smooth: float = 0.01,
    ) -> None:
        super().__init__(activation)
        self.slices = one_of("slices", slices, SLICES)
        self.loss = PartialDice(organs=organs, smooth=smooth, activation=activation, form=form)

    def __call__(self, inputs: LossInputs) -> Tensor:
        return self.loss(inputs.targets, inputs.logits[1], sample_weight=self._weights(inputs))

    def _weights(self, inputs: LossInputs) -> Tensor:
        if self.slices == "certain":
            return inputs.weights
        grid = tuple(range(1, len(inputs.weights.shape) - 1))
        return inputs.weights * ops.cast(ops.expand_dims(inputs.annotated, grid), inputs.weights.dtype)  # (B, *grid, K)


TERMS: dict[str, type[Term]] = {
    "bce": CrossEntropy,
    "dice": Dice,
    "focal": Focal,
    "entropy": Entropy,
    "mutual_information": MutualInformation,
    "marginal_kl": MarginalKL,
    "extremal_area": ExtremalArea,
    "size": Size,
    "crf": Crf,
    "laplacian": Laplacian,
}
"""Name in the configuration and in `metrics.csv` -> the term."""
