"""Distance of the mean prediction from a known one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from keras import ops

from tfpartial.errors import TfpartialError
from tfpartial.losses.base import Tensor, at_least_float32, voxels_of
from tfpartial.losses.inputs import LossInputs
from tfpartial.losses.per_organ import PerOrgan
from tfpartial.losses.regularisers.distributions import marginals, times_log, uncertain
from tfpartial.losses.term import Term


class MarginalKL(Term):
    """Kullback-Leibler divergence of the mean prediction, where no label is certain, from a known one, in nats.

        KL = sum_c q_c ln(q_c / m_c),   q the mean prediction over the voxels of the batch that are not certain, m the known one

    It takes the place of the even shares of `mutual_information` (Gomes et al. 2010). For sigmoids c is organ and not organ, q_k
    is over the voxels with w_ik = 0, and the mean is taken of the organs that have a share and such a voxel. For a softmax, over
    the voxels with min_k w_ik = 0, c is each organ with a share and one class of all else, background included. Without such a
    voxel it is 0.

    Example: one sigmoid, q = 1/2, m = 1/4: 1/2 ln 2 + 1/2 ln 2/3 = 0.144.

    Args:
        activation: `sigmoid` or `softmax`.
        marginal: m, the share that an organ has of the voxels that are not certain, above 0 and below 1: a number for every
            organ, or organ -> number (the others are free). In a softmax they add up to less than 1. It must be given.
    """

    def __init__(self, activation: str, marginal: float | dict[str, float] | None = None) -> None:
        super().__init__(activation)
        self.marginal = PerOrgan("marginal", marginal, lambda number: 0 < number < 1, "more than 0 and less than 1")

    def set_organs(self, organs: Sequence[str]) -> None:
        """Receives the organs' names. Raises `TfpartialError` when `marginal` names another one, or is too much for a softmax."""
        self.marginal.set_organs(organs)
        self._known(len(organs))

    def _known(self, num_organs: int) -> tuple[np.ndarray, np.ndarray]:
        """Places of the organs with a share, int `[O]`, and the known distributions, `[O, 2]`, or `[1, O + 1]` of a softmax."""
        shares = self.marginal.of(num_organs)
        (given,) = np.nonzero(~np.isnan(shares))
        shares = shares[given]
        if self.activation == "sigmoid":
            return given, np.stack([1.0 - shares, shares], axis=-1)
        if shares.sum() >= 1:
            raise TfpartialError(f"marginal: expected shares that add up to less than 1 in a softmax, got {shares.sum():g}")
        return given, np.append(1.0 - shares.sum(), shares)[None]

    def __call__(self, inputs: LossInputs) -> Tensor:
        logits = at_least_float32(inputs.logits[1])
        where = ops.cast(uncertain(inputs, self.activation), logits.dtype)  # (B, *grid, G)
        given, known = self._known(inputs.targets.shape[-1])
        mean = marginals(logits, where, self.activation)  # (G, C)
        count = ops.sum(where, axis=voxels_of(where))  # (G,)
        if self.activation == "softmax":
            else_ = np.setdiff1d(np.arange(mean.shape[-1]), given + 1)
            mean = ops.concatenate(
                [ops.sum(ops.take(mean, else_, axis=-1), -1, keepdims=True), ops.take(mean, given + 1, -1)], -1
            )
        else:
            mean, count = ops.take(mean, given, axis=0), ops.take(count, given)
        divergence = ops.sum(times_log(mean) - mean * ops.cast(np.log(known), logits.dtype), axis=-1)
        chosen = ops.cast(count > 0, logits.dtype)
        return ops.divide_no_nan(ops.sum(chosen * divergence), ops.sum(chosen))
