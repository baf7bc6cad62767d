"""What the terms on pairs of voxels share: their kernel, which pairs count, and an energy whose slope needs no tape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple

from keras import ops

from tfpartial.losses.base import Tensor, at_least_float32, one_of, whole_voxel
from tfpartial.losses.inputs import LossInputs
from tfpartial.losses.regularisers.neighbours import Window, neighbour_sums
from tfpartial.losses.term import Term
from tfpartial.options import AtLeast

Sums = Callable[[Tensor], Tensor]
"""Values `[B, *grid, n]` of the voxels -> their sums over the window around each voxel, weighed by the kernel."""


class Around(NamedTuple):
    """Sums over the voxels j that each voxel i is paired with, `[B, *grid, C]`; of the degrees one channel may serve all."""

    degree: Tensor
    """sum_j g_ij k_ij."""
    neighbours: Tensor
    """sum_j g_ij k_ij p_j."""


def _all(p: Tensor, uncertain: Tensor, sums: Sums) -> Around:
    found = sums(ops.concatenate([p, ops.ones_like(p[..., :1])], axis=-1))
    return Around(found[..., -1:], found[..., :-1])


def _both(p: Tensor, uncertain: Tensor, sums: Sums) -> Around:
    channels = p.shape[-1]
    found = sums(ops.concatenate([uncertain * p, uncertain], axis=-1))
    return Around(uncertain * found[..., channels:], uncertain * found[..., :channels])


def _any(p: Tensor, uncertain: Tensor, sums: Sums) -> Around:
    """An uncertain voxel is paired with all around it, a certain one with the uncertain ones."""
    parts = [p, uncertain * p, ops.ones_like(p[..., :1]), uncertain]
    sizes = [part.shape[-1] for part in parts]
    found = ops.split(sums(ops.concatenate(parts, axis=-1)), [sum(sizes[:end]) for end in (1, 2, 3)], axis=-1)
    p_of_all, p_of_uncertain, all_, uncertain_ = found
    certain = 1.0 - uncertain
    return Around(uncertain * all_ + certain * uncertain_, uncertain * p_of_all + certain * p_of_uncertain)


PAIRS: dict[str, Callable[[Tensor, Tensor, Sums], Around]] = {"any": _any, "both": _both, "all": _all}
"""Which pairs count, by how many of their voxels are uncertain."""


class Pairwise(Term):
    """A sum over pairs of voxels of a window, of a difference of their probabilities.

        E = sum_c sum_{i<j} g_ijc k_ij f(p_ic, p_jc) / N
        k_ij = exp(-|x_i - x_j|² / (2 s_x²) - d_ij² / (2 s_d²))

    x is the normalised image (all channels), d the distance in mm by the spacing of the slice, N the number of voxels of the
    batch, c the organs of sigmoids, or background and organs of a softmax. g is 1 for the pairs that count, else 0: for sigmoids
    organ by organ, for a softmax a voxel is uncertain where any organ is. Grids are `[B, H, W]` or `[B, D, H, W]`. Under deep
    supervision every scale counts, in a window of as many of its own voxels.

    E is quadratic in p. Its slope is a sum over the neighbours as E is, so both are computed in one loop over the window, and no
    step of the loop is kept for a backward pass.

    Args:
        activation: `sigmoid` or `softmax`.
        window: rows and columns of the window, an odd number.
        window_slices: its slices on a 3D grid, an odd number; 1 compares voxels of the same slice only.
        sigma_intensity: s_x, in standard deviations of the normalised image: about how far apart the intensities of an organ are.
        sigma_mm: s_d, in mm.
        pairs: pairs that count: those of which `any` voxel is uncertain (weighs 0 under the weight rule), of which `both` are, or
            `all`.
    """

    needs = ("image", "spacing_mm")

    def __init__(
        self,
        activation: str,
        window: Annotated[int, AtLeast(3)] = 11,
        window_slices: Annotated[int, AtLeast(1)] = 3,
        sigma_intensity: float = 0.25,
        sigma_mm: float = 5.0,
        pairs: Literal["any", "both", "all"] = "any",
    ) -> None:
        super().__init__(activation)
        self.window = Window(window, window_slices, sigma_intensity, sigma_mm)
        self.window.require()
        self.around = PAIRS[one_of("pairs", pairs, tuple(PAIRS))]

    def energy(self, p: Tensor, around: Around) -> tuple[Tensor, Tensor]:
        """The share of each voxel and channel in the sum over the pairs, and the sum's slope there; both `[B, *grid, C]`."""
        raise NotImplementedError

    def __call__(self, inputs: LossInputs) -> Tensor:
        logits = at_least_float32(inputs.logits[1])
        p = ops.sigmoid(logits) if self.activation == "sigmoid" else ops.softmax(logits, axis=-1)
        fixed = ops.stop_gradient(p)
        weights = inputs.weights if self.activation == "sigmoid" else whole_voxel(inputs.weights)
        uncertain = 1.0 - ops.cast(weights, p.dtype)  # (B, *grid, K), or one channel of a softmax

        def sums(values: Tensor) -> Tensor:
            return neighbour_sums(values, inputs.image, inputs.spacing_mm, self.window)

        energy, slope = self.energy(fixed, self.around(fixed, uncertain, sums))
        # The value is that of the energy; p alone has a gradient here, the slope's.
        total = ops.sum(energy + slope * (p - fixed))
        return total / ops.cast(ops.prod(ops.shape(p)[:-1]), p.dtype)
