"""Entropy of the predictions where no label is certain."""

from __future__ import annotations

from keras import ops

from tfpartial.losses.base import Tensor, at_least_float32
from tfpartial.losses.inputs import LossInputs
from tfpartial.losses.regularisers.distributions import entropies, uncertain
from tfpartial.losses.term import Term


class Entropy(Term):
    """Mean Shannon entropy of the predictions that no certain label checks (Grandvalet and Bengio 2005), in nats.

        sigmoid:   H_ik = -p_ik ln p_ik - (1 - p_ik) ln(1 - p_ik)          over the voxels and organs with w_ik = 0
        softmax:   H_i  = -sum_c p_ic ln p_ic                              over the voxels with min_k w_ik = 0

    It makes the network sure of what it believes already, whatever that is: give it a small weight, and a ramp that begins when
    the certain voxels are learned. Without such a voxel it is 0.

    Example: one organ, two voxels that are not certain, p = 1/2 and 1: (ln 2 + 0) / 2 = 0.347.

    Args:
        activation: `sigmoid` or `softmax`.
    """

    def __call__(self, inputs: LossInputs) -> Tensor:
        logits = at_least_float32(inputs.logits[1])
        where = ops.cast(uncertain(inputs, self.activation), logits.dtype)  # (B, *grid, G)
        return ops.divide_no_nan(ops.sum(where * entropies(logits, self.activation)), ops.sum(where))
