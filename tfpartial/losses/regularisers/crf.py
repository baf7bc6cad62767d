"""Potts's energy of a dense window, as of a conditional random field."""

from __future__ import annotations

from tfpartial.losses.base import Tensor
from tfpartial.losses.regularisers.pairwise import Around, Pairwise


class Crf(Pairwise):
    """Gated CRF: neighbours that look alike want the same label (Obukhov et al. 2019, "Gated CRF loss", with one kernel).

        f(p, q) = p (1 - q) + q (1 - p)

    Of a softmax the channels of a pair add up to 2 (1 - sum_c p_c q_c), Potts's energy of both orders of the pair. f is above 0
    for two voxels of probability 1/2: unlike `laplacian` it drives probabilities to 0 and 1.

    Example: two voxels of the same intensity, 5 mm apart, s_d = 5 mm, probabilities 1 and 1/4, neither of them certain:
    k = exp(-1/2) = 0.607, f = 3/4, so E = 0.607 * 0.75 / 2 = 0.227.
    """

    def energy(self, p: Tensor, around: Around) -> tuple[Tensor, Tensor]:
        """As `Pairwise` says: over both voxels of each pair, p (D - M) adds up to f, with D the degree and M the neighbours."""
        return p * (around.degree - around.neighbours), around.degree - 2.0 * around.neighbours
