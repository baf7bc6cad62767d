"""The quadratic energy of a dense window."""

from __future__ import annotations

from tfpartial.losses.base import Tensor
from tfpartial.losses.regularisers.pairwise import Around, Pairwise


class Laplacian(Pairwise):
    """Graph Laplacian: neighbours that look alike want the same probability (Tang et al., "On regularized losses", ECCV 2018).

        f(p, q) = (p - q)²

    At probabilities of 0 and 1 this is the energy of `crf`. Between them it is smooth: two voxels of probability 1/2 agree.

    Example: two voxels of the same intensity, 5 mm apart, s_d = 5 mm, probabilities 1 and 1/4, neither of them certain:
    k = exp(-1/2) = 0.607, f = 9/16, so E = 0.607 * 0.5625 / 2 = 0.171.
    """

    def energy(self, p: Tensor, around: Around) -> tuple[Tensor, Tensor]:
        """As `Pairwise` says: over both voxels of each pair, p (D p - M) adds up to f, with D the degree and M the neighbours."""
        difference = around.degree * p - around.neighbours
        return p * difference, 2.0 * difference
