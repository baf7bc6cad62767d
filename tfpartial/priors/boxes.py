"""What a segmenter predicts where an organ cannot be is deleted: the plainest use of the organs' places."""

from __future__ import annotations

import dataclasses

import numpy as np

from tfpartial.priors.render import PriorRenderer, SlicePlaces
from tfpartial.priors.spatial_prior import SpatialPrior


class OrganBoxes:
    """The boxes of the organs' priors, with a margin, at the organs' places.

    Args:
        prior: the priors, of the organs of the label maps.
        size: rows and columns of a slice, H and W.
        margin: distance from a box, in the prior's unit, up to which the prediction stays.
    """

    def __init__(self, prior: SpatialPrior, size: tuple[int, int], margin: float) -> None:
        self._renderer = PriorRenderer(dataclasses.replace(prior, margin=margin), size)
        self._has = prior.has

    def delete_outside(self, places: SlicePlaces, labels: np.ndarray, probability: np.ndarray | None = None) -> None:
        """Makes voxels of an organ outside its box background, in place; nothing of an organ without a place or a prior.

        Args:
            places: where the organs are, seen from the n slices.
            labels: uint8 `[n, H, W]`, changed.
            probability: float32 `[n, H, W, K]`, changed as well: 0 outside.
        """
        along_z, down, across = (np.asarray(part) for part in self._renderer.beyond(places))
        placed = np.isfinite(places.centre_mm).all(axis=-1) & self._has  # (n, K)
        for organ in np.flatnonzero(placed.any(axis=0)):
            outside = along_z[:, organ, None, None] | down[:, :, None, organ] | across[:, None, :, organ]
            outside &= placed[:, organ, None, None]
            labels[outside & (labels == organ + 1)] = 0
            if probability is not None:
                probability[outside, organ] = 0
