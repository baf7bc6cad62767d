"""The prior of each slice, rendered on the device from where the organs' centres are."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from tfpartial.data.fold.positions import offsets_mm
from tfpartial.priors.spatial_prior import SpatialPrior

Tensor = Any
FAR = -1.0
"""What is rendered where an organ is out of reach: farther from its box than the prior's margin."""
UNIFORM = 0.5
"""The probability that says nothing: a sigmoid under it is a plain one."""


class SlicePlaces(NamedTuple):
    """Where the organs are, seen from some slices.

    Args:
        centre_mm: float32 `[n, K, 3]`, from the middle of the slice to the centre of the organ, z, y, x; NaN where no prior is to
            be placed.
        spacing_mm: float32 `[n, 3]`, spacing z, y, x of the slices.
    """

    centre_mm: Any
    spacing_mm: Any

    @classmethod
    def nowhere(cls, slices: int, organs: int) -> SlicePlaces:
        """No prior in any of them."""
        return cls(np.full((slices, organs, 3), np.nan, np.float32), np.ones((slices, 3), np.float32))


class PriorRenderer:
    """Renders the priors of slices; the organs' bins lie on the device once, whatever the number of cases and slices.

    Args:
        prior: the priors.
        size: rows and columns of a slice, H and W.
    """

    def __init__(self, prior: SpatialPrior, size: tuple[int, int]) -> None:
        own = [prior.priors.get(organ) for organ in prior.organs]
        bins = max(organ.probability.shape[0] for organ in own if organ is not None)
        height, width = (max(organ.probability.shape[axis] for organ in own if organ is not None) for axis in (1, 2))
        maps = np.zeros((len(own), bins, height, width), np.float32)
        numbers = np.ones((len(own), 5), np.float32)  # bins, depth, step, rows, columns of each organ
        for place, organ in enumerate(own):
            if organ is not None:
                shape = organ.probability.shape
                maps[place, : shape[0], : shape[1], : shape[2]] = organ.probability
                numbers[place] = (shape[0], organ.depth, organ.step, *shape[1:])
        self.size = size
        self.least = np.array([prior.least_of(organ) for organ in prior.organs], np.float32)
        self.epsilon, self._margin = prior.epsilon, math.inf if prior.margin is None else prior.margin
        self._in_mm = prior.unit == "mm"
        self._has, self._bins = prior.has, bins
        self._maps = maps.reshape(len(own) * bins, height, width)
        self._numbers = numbers

    def __call__(self, places: SlicePlaces) -> Tensor:
        """The share of training cases that had the organ there, float32 `[n, H, W, K]`, 0 outside the prior's box, `FAR` beyond
        its margin.

        Not clipped yet: `finish` does that, after the slices have been moved by the augmentation.
        """
        centre, spacing = self._in_unit(places)
        number_of_bins, depth, step, rows, columns = (ops.convert_to_tensor(column) for column in self._numbers.T)
        height = -centre[..., 0] / depth + 0.5  # 0 at the lower end of the box, 1 at the upper one; (n, K)
        inside = ops.logical_and(height >= 0.0, height <= 1.0)
        chosen = ops.clip(ops.floor(height * number_of_bins), 0.0, number_of_bins - 1.0)
        first = np.arange(len(self._numbers), dtype=np.float32) * self._bins
        of_slice = ops.take(ops.convert_to_tensor(self._maps), ops.cast(chosen + first, "int32"), axis=0)  # (n, K, H_p, W_p)
        of_slice = of_slice * ops.cast(inside, "float32")[..., None, None]
        down = _tents(self.size[0], spacing[:, 1], centre[..., 1], step, rows, self._maps.shape[1])  # (n, K, H, H_p)
        across = _tents(self.size[1], spacing[:, 2], centre[..., 2], step, columns, self._maps.shape[2])  # (n, K, W, W_p)
        shares = ops.einsum("nkhj,nkji,nkwi->nhwk", down, of_slice, across)
        along_z, below, beside = self.beyond(places)
        out_of_reach = ops.logical_or(along_z[:, None, None, :], ops.logical_or(below[:, :, None, :], beside[:, None, :, :]))
        return ops.where(out_of_reach, FAR, shares)

    def beyond(self, places: SlicePlaces) -> tuple[Tensor, Tensor, Tensor]:
        """Which slices, rows and columns are farther from the box of each organ than the margin: bool `[n, K]`, `[n, H, K]` and
        `[n, W, K]`. A voxel is out of reach where one of them is; what is said of an organ without a place means nothing."""
        centre, spacing = self._in_unit(places)
        _, depth, step, rows, columns = self._numbers.T
        along_z = ops.abs(centre[..., 0]) > depth / 2 + self._margin  # (n, K)
        down, across = (
            ops.abs(_from_middle(count, spacing[:, axis])[:, :, None] - centre[:, None, :, axis]) > side * step / 2 + self._margin
            for axis, count, side in ((1, self.size[0], rows), (2, self.size[1], columns))
        )  # (n, H, K), (n, W, K)
        return along_z, down, across

    def finish(self, rendered: Tensor, places: SlicePlaces) -> Tensor:
        """What the network takes: probabilities clipped to `[least, 1 - least]` of each organ, epsilon where it is out of reach,
        1/2 where there is no prior.

        Args:
            rendered: what rendering gave, possibly moved since, float32 `[n, H, W, K]`.
            places: the same as for rendering.
        """
        clipped = ops.where(rendered < FAR / 2, self.epsilon, ops.clip(rendered, self.least, 1.0 - self.least))
        known = ops.logical_and(ops.all(ops.isfinite(places.centre_mm), axis=-1), self._has)
        return ops.where(known[:, None, None, :], clipped, UNIFORM)

    def _in_unit(self, places: SlicePlaces) -> tuple[Tensor, Tensor]:
        """Centres and spacing in the prior's unit; a centre that is not known becomes 0: `finish` leaves it out."""
        centre, spacing = (ops.cast(ops.convert_to_tensor(part), "float32") for part in places)
        centre = ops.where(ops.isfinite(centre), centre, 0.0)
        return (centre, spacing) if self._in_mm else (centre / spacing[:, None, :], ops.ones_like(spacing))


def place_prior(prior: SpatialPrior, places: SlicePlaces, size: tuple[int, int]) -> Tensor:
    """The prior of each slice at the organs' places: bilinear in the plane, one bin per slice (thesis, section 4.2.2).

    Args:
        prior: the priors.
        places: where the organs are, seen from the n slices.
        size: H and W.

    Returns:
        float32 `[n, H, W, K]`: probabilities in `[ε, 1 - ε]`, with ε that of `prior` or, within the margin of the organ's box,
        the larger one that its few cases can tell; exactly 1/2 for an organ without a prior or a place.
    """
    renderer = PriorRenderer(prior, size)
    return renderer.finish(renderer(places), places)


def _tents(count: int, spacing: Tensor, centre: Tensor, step: Tensor, cells: Tensor, most: int) -> Tensor:
    """Bilinear weights from the cells of each organ's prior to the voxels of one axis, `[n, K, count, most]`."""
    voxels = _from_middle(count, spacing)
    places = (voxels[:, None, :] - centre[:, :, None]) / step[:, None] + (cells[:, None] - 1.0) / 2.0  # (n, K, count), in cells
    return ops.maximum(0.0, 1.0 - ops.abs(places[..., None] - np.arange(most, dtype=np.float32)))


def _from_middle(count: int, spacing: Tensor) -> Tensor:
    """Places of the voxels of one axis from the middle of the slice, `[n, count]`."""
    return (np.arange(count, dtype=np.float32) - (count - 1) / 2)[None, :] * spacing[:, None]


def places_of_slices(centres: np.ndarray, spacing_mm_zyx: np.ndarray, z: np.ndarray) -> SlicePlaces:
    """Where the organs are, seen from some slices of cases.

    Args:
        centres: float `[..., K, 3]`, of the case or of each slice's case: z from the first slice, y and x from its middle.
        spacing_mm_zyx: `[..., 3]`, spacing of the case or of each slice's case.
        z: int `[n]`, numbers of the slices.
    """
    spacing = np.broadcast_to(spacing_mm_zyx, (len(z), 3)).astype(np.float32)
    return SlicePlaces(offsets_mm(centres, spacing, z), spacing)
