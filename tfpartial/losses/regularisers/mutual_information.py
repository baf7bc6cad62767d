"""Mutual information of voxels and predicted classes."""

from __future__ import annotations

from keras import ops

from tfpartial.losses.base import Tensor, at_least_float32, voxels_of
from tfpartial.losses.inputs import LossInputs
from tfpartial.losses.regularisers.distributions import entropies, marginals, times_log, uncertain
from tfpartial.losses.term import Term


class MutualInformation(Term):
    """Minus the mutual information of voxel and class where no label is certain, in nats (Gomes et al. 2010).

        -I = mean_i H(p_i) - H(mean_i p_i)          over the voxels of the batch that are not certain, for each distribution

    The first part makes predictions sure, as `entropy` does; the second one keeps the classes' shares of these voxels even, so
    that not all of them become the same class. K sigmoids are K distributions, each of organ and not organ, with the voxels at
    which w_ik = 0: their mean is taken, without organs that have no such voxel. A softmax is one, over background and organs,
    with the voxels at which min_k w_ik = 0. Without such a voxel the term is 0. It lies between -ln C, C classes, and 0.

    Even shares are no good guess for organs that fill little of a slice: where shares are known, use `entropy` and `marginal_kl`.

    Example: one organ, two such voxels, p = 1 and 0: 0 - ln 2 = -0.693. With p = 1 and 1: 0.

    Args:
        activation: `sigmoid` or `softmax`.
    """

    def __call__(self, inputs: LossInputs) -> Tensor:
        logits = at_least_float32(inputs.logits[1])
        where = ops.cast(uncertain(inputs, self.activation), logits.dtype)  # (B, *grid, G)
        count = ops.sum(where, axis=voxels_of(where))  # (G,)
        total = ops.sum(where * entropies(logits, self.activation), axis=voxels_of(where))
        of_marginal = -ops.sum(times_log(marginals(logits, where, self.activation)), axis=-1)  # (G,)
        information = of_marginal - ops.divide_no_nan(total, count)
        chosen = ops.cast(count > 0, logits.dtype)
        return -ops.divide_no_nan(ops.sum(chosen * information), ops.sum(chosen))
