"""Sharp masks of a known area."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from keras import ops

from tfpartial.losses.base import Tensor, at_least_float32, one_of
from tfpartial.losses.inputs import LossInputs
from tfpartial.losses.per_organ import PerOrgan
from tfpartial.losses.regularisers.distributions import uncertain
from tfpartial.losses.term import Term

CHOICES = ("present", "uncertain")


class ExtremalArea(Term):
    """Distance of an organ's sorted probabilities from a sharp mask of known area (Fong et al. 2019).

        R = ||vecsort(m) - r_a||^2 / N,   r_a = (0, ..., 0, 1, ..., 1) with a N ones

    m are the N probabilities of an organ in a slice (or volume), a is the organ's area as a share of N. The a N voxels with the
    highest probabilities are pulled to 1, all others to 0. If a N is not whole, the next entry of r_a is the fraction that is
    left. The mean is over the organs with an area, in the chosen slices. Division by N lets slices of all sizes, and the coarser
    ones of deep supervision, count alike.

    With m_1 >= m_2 >= ... >= m_n, the n largest, the square is sum_i m_i^2 + sum_{j <= n} (r_j^2 - 2 r_j m_j): the others are
    not sorted.

    Example: m = (1/2, 0, 1, 1/4), a = 1/2: the two largest are 1 and 1/2, R = (0 + 1/4 + 1/16 + 0) / 4 = 0.078.

    Args:
        activation: `sigmoid` or `softmax`.
        area: a, the share of the slice that an organ fills where it is, above 0 and up to 1: a number for every organ, or
            organ -> number (the others are free). It must be given.
        slices: slices in which an organ counts, among those in which a voxel of it is not certain: `present` those in which a
            voxel is certain to be the organ (a scribble, a point, a pseudo-label), `uncertain` all, as if each had it.
    """

    def __init__(
        self,
        activation: str,
        area: float | dict[str, float] | None = None,
        slices: Literal["present", "uncertain"] = "present",
    ) -> None:
        super().__init__(activation)
        self.area = PerOrgan("area", area, lambda number: 0 < number <= 1, "more than 0 and at most 1")
        self.slices = one_of("slices", slices, CHOICES)

    def set_organs(self, organs: Sequence[str]) -> None:
        """Receives the names of the organs. Raises `TfpartialError` when `area` names another one."""
        self.area.set_organs(organs)

    def __call__(self, inputs: LossInputs) -> Tensor:
        logits = at_least_float32(inputs.logits[1])
        areas = self.area.of(inputs.targets.shape[-1])
        (given,) = np.nonzero(~np.isnan(areas))
        organs = ops.softmax(logits, axis=-1)[..., 1:] if self.activation == "softmax" else ops.sigmoid(logits)
        voxels = math.prod(organs.shape[1:-1])
        rows = ops.reshape(ops.take(organs, given, axis=-1), (-1, voxels, len(given)))  # (B, N, O)
        distance = _distances(ops.transpose(rows, (0, 2, 1)), areas[given])  # (B, O)
        chosen = ops.cast(ops.take(self._chosen(inputs), given, axis=-1), logits.dtype)
        return ops.divide_no_nan(ops.sum(chosen * distance), ops.sum(chosen))

    def _chosen(self, inputs: LossInputs) -> Tensor:
        """bool `[B, K]`: the slices in which an organ counts."""
        grid = tuple(range(1, len(inputs.weights.shape) - 1))
        unknown = ops.any(uncertain(inputs, self.activation), axis=grid)  # (B, K), or (B, 1) of a softmax
        present = ops.any(ops.logical_and(ops.cast(inputs.targets, "bool"), ops.cast(inputs.weights, "bool")), axis=grid)
        return ops.logical_and(unknown, present if self.slices == "present" else ops.ones_like(present))


def _distances(rows: Tensor, areas: np.ndarray) -> Tensor:
    """R of rows of probabilities `[B, O, N]` with the areas `[O]`, `[B, O]`."""
    voxels = rows.shape[-1]
    most = math.ceil(areas.max() * voxels)
    ones = np.clip(areas[:, None] * voxels - np.arange(most), 0.0, 1.0)  # (O, n), the largest first
    ones = ops.cast(ones, rows.dtype)
    largest, _ = ops.top_k(rows, most)  # (B, O, n)
    squares = ops.sum(ops.square(rows), axis=-1) + ops.sum(ones * (ones - 2.0 * largest), axis=-1)
    return squares / voxels
