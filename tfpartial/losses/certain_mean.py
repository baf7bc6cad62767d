"""How a loss of each voxel becomes a number."""

from __future__ import annotations

from dataclasses import dataclass

from keras import ops

from tfpartial.errors import TfpartialError
from tfpartial.losses.base import Tensor, one_of, voxels_of

REDUCTIONS = ("batch_mean", "valid_mean")


@dataclass(frozen=True)
class CertainMean:
    """The mean over certain voxels, in one of two ways, summed over the channels.

        batch_mean:   sum_k sum_i w_ik l_ik / N                 N voxels in the batch, certain or not
        valid_mean:   sum_k (sum_i w_ik l_ik / max(sum_i w_ik, f N))      an organ without a certain voxel adds 0

    Args:
        reduction: `valid_mean` or `batch_mean`.
        floor: f, 0 to 1, share of the batch that the certain voxels of `valid_mean` count for at least.

    Raises:
        TfpartialError: another reduction, or a floor outside its range.
    """

    reduction: str
    floor: float

    def __post_init__(self) -> None:
        one_of("reduction", self.reduction, REDUCTIONS)
        if not 0 <= self.floor <= 1:
            raise TfpartialError(f"floor: expected 0 to 1, got {self.floor}")

    def __call__(self, terms: Tensor, weight: Tensor) -> Tensor:
        """The scalar of `terms` `[..., C]` under `weight` of the same shape."""
        voxels = voxels_of(terms)
        total = ops.sum(terms * weight, axis=voxels)  # (C,)
        size = ops.cast(ops.prod(ops.shape(terms)[:-1]), terms.dtype)
        if self.reduction == "batch_mean":
            return ops.sum(total) / size
        return ops.sum(ops.divide_no_nan(total, ops.maximum(ops.sum(weight, axis=voxels), self.floor * size)))
