"""Bounds of the size of each organ in a slice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from keras import ops

from tfpartial.errors import TfpartialError
from tfpartial.losses.base import Tensor, at_least_float32, one_of
from tfpartial.losses.by_organ import in_order
from tfpartial.losses.inputs import LossInputs
from tfpartial.losses.regularisers.size_bounds import (
    NO_BOUND,
    QUANTILES,
    Bounds,
    read_bounds_mm2,
    require_bounds,
    require_quantiles,
)
from tfpartial.losses.term import Term

SLICES = ("unannotated", "all")
UNITS_OF_EXCESS = ("slice", "voxel")


class Size(Term):
    """A quadratic penalty on an organ's size outside of its bounds, in each slice (Kervadec et al., MedIA 2019).

        V_bk = sum_i p_bik                                        soft size of organ k in slice b, voxels
        e_bk = max(a_bk - V_bk, 0) + max(V_bk - b_bk, 0)          excess; bounds in mm² are divided by the area of a voxel
        loss = mean over the slices and organs that count of (e_bk / n)²

    n is the number of the slice's voxels: the excess is a share of the slice, and means the same on every grid. Equal bounds fix
    a size. The loss is 0 where no slice counts. Grids are `[B, H, W]` or `[B, D, H, W]`, of D slices each. Under deep supervision
    every scale is bounded: bounds in mm² are the same on all of them, those in voxels count the voxels of each scale.

    The area of a voxel is that of the stored slice: `augment.scale` 0.1 changes what is seen of an organ by up to a fifth.

    Example: one organ, a slice of 4 voxels of 2 mm², probabilities 1, 1, 1/2, 1/2, bounds 1 and 4 mm²: V = 3 voxels, the upper
    bound is 2 voxels, so the loss is (1/4)² = 0.0625.

    Args:
        activation: `sigmoid` or `softmax`.
        bounds_mm2: organ -> least and largest area in a slice in mm², such as `{liver: [0, 30000]}`; `.inf` for no largest one.
        bounds_voxels: the same in voxels, for slices without a spacing and for tags: `[0, 0]` says that an organ is in none of
            the slices that count, `[1, .inf]` that it is in each of them.
        bounds_from: file of `coverage --sizes` with the areas of the organs; `bounds_mm2` and `bounds_voxels` go first.
        low: quantile of `bounds_from` that is the lower bound; `none` for 0, since an organ is missing in many slices.
        high: quantile of `bounds_from` that is the upper bound; `none` for no bound.
        slices: slices that count for an organ: those in which it is not annotated (`unannotated`), or `all`.
        excess: share of the `slice`, or `voxel`: in voxels, as published, whose squares want a weight of about 1 / n².
    """

    def __init__(
        self,
        activation: str,
        bounds_mm2: dict[str, tuple[float, float]] | None = None,
        bounds_voxels: dict[str, tuple[float, float]] | None = None,
        bounds_from: Path | None = None,
        low: Literal["none", "min", "p5", "median", "p95", "max"] = "none",
        high: Literal["none", "min", "p5", "median", "p95", "max"] = "max",
        slices: Literal["unannotated", "all"] = "unannotated",
        excess: Literal["slice", "voxel"] = "slice",
    ) -> None:
        super().__init__(activation)
        self.in_mm2: Bounds = bounds_mm2 or {}
        self.in_voxels: Bounds = bounds_voxels or {}
        self.file = bounds_from
        self.quantiles = one_of("low", low, (NO_BOUND, *QUANTILES)), one_of("high", high, (NO_BOUND, *QUANTILES))
        self.slices = one_of("slices", slices, SLICES)
        self.excess = one_of("excess", excess, UNITS_OF_EXCESS)
        self.needs = ("spacing_mm",) if self.in_mm2 or self.file else ()
        require_bounds(self.in_mm2, "bounds_mm2")
        require_bounds(self.in_voxels, "bounds_voxels")
        require_quantiles(low, high)
        both = [organ for organ in self.in_mm2 if organ in self.in_voxels]
        if both:
            raise TfpartialError(f"bounds_voxels: expected organs that are not in bounds_mm2, got {', '.join(both)}")
        if not (self.in_mm2 or self.in_voxels or self.file):
            raise TfpartialError("bounds_mm2: expected bounds here, in bounds_voxels or in bounds_from, got none")

    def set_organs(self, organs: Sequence[str]) -> None:
        """Brings the bounds into the order of the organs, and reads those of the file."""
        in_voxels = in_order(self.in_voxels, organs, "bounds_voxels")
        in_mm2 = in_order(self.in_mm2, organs, "bounds_mm2")
        of_file = in_order(self._from_file(), organs, f"bounds_from: {self.file}")
        chosen = [mine or its or read for mine, its, read in zip(in_voxels, in_mm2, of_file, strict=True)]
        self.is_bounded = np.array([each is not None for each in chosen])  # (K,)
        self.is_mm2 = np.array([each is None for each in in_voxels])
        self.bounds = np.array([each or (0.0, math.inf) for each in chosen]).T  # (2, K)

    def _from_file(self) -> Bounds:
        if self.file is None:
            return {}
        try:
            return read_bounds_mm2(self.file, *self.quantiles)
        except TfpartialError as error:
            raise TfpartialError(f"bounds_from: {error}") from error

    def __call__(self, inputs: LossInputs) -> Tensor:
        logits = at_least_float32(inputs.logits[1])
        probability = ops.sigmoid(logits) if self.activation == "sigmoid" else ops.softmax(logits, axis=-1)[..., 1:]
        size = ops.sum(probability, axis=(-3, -2))  # (B, K) or (B, D, K)
        slices = list(range(1, len(size.shape) - 1))  # the axis D, where there is one
        low, high = (ops.expand_dims(bound, slices) for bound in self._bounds(inputs, size.dtype))
        excess = ops.maximum(low - size, 0.0) + ops.maximum(size - high, 0.0)
        if self.excess == "slice":
            excess = excess / math.prod(probability.shape[-3:-1])
        counts = ops.broadcast_to(ops.expand_dims(self._counts(inputs, size.dtype), slices), ops.shape(size))
        return ops.divide_no_nan(ops.sum(counts * ops.square(excess)), ops.sum(counts))

    def _bounds(self, inputs: LossInputs, dtype: str) -> list[Tensor]:
        """Lower and upper bounds in voxels, each `[B, K]` or `[1, K]`."""
        low, high = (ops.convert_to_tensor(bound[np.newaxis], dtype=dtype) for bound in self.bounds)
        if not self.needs:
            return [low, high]
        assert inputs.spacing_mm is not None  # training refuses data without what is in `needs`
        area = ops.prod(ops.cast(inputs.spacing_mm[:, 1:], dtype), axis=-1, keepdims=True)  # (B, 1) mm²
        unit = ops.where(self.is_mm2, area, ops.ones_like(area))  # (B, K)
        return [low / unit, high / unit]

    def _counts(self, inputs: LossInputs, dtype: str) -> Tensor:
        """Which slices count for which organs, 0 or 1, `[B, K]`."""
        bounded = np.broadcast_to(self.is_bounded, (1, len(self.is_bounded)))
        counted = bounded if self.slices == "all" else ops.logical_and(bounded, ops.logical_not(inputs.annotated))
        shape = ops.shape(inputs.annotated)
        return ops.cast(ops.broadcast_to(counted, shape), dtype)
