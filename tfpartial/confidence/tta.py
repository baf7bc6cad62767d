"""Test-time augmentation: the slice is moved a little, and the prediction is moved back (Wang et al. 2019)."""

from __future__ import annotations

import keras
import tensorflow as tf
from keras import ops

from tfpartial.confidence.passes import Spread, spread_over
from tfpartial.config import AugmentConfig, EstimatorConfig
from tfpartial.data.feed.augment import Affine, Fill, draw_affine, unwarp, warp
from tfpartial.losses.base import Tensor

INSIDE = 0.999
"""A moved voxel of which less than this is inside has left the slice; below 1 for rounding."""


class MovedSlices:
    """How little the probability varies when the slice is shifted and rotated a little.

    The slice as it is counts as a pass, besides those that are drawn. Voxels that a pass moves out of the slice do not count
    in it. A pass moves every slice in the same way.

    Args:
        network: normalised slices -> logits, one sigmoid per organ.
        air: the normalised number that fills what a moved slice leaves free, of all channels or `[C]`.
        settings: passes, ranges and seed.
    """

    def __init__(self, network: keras.Model, air: Fill, settings: EstimatorConfig) -> None:
        self._network = network
        self._air = air
        self._settings = settings
        self._ranges = AugmentConfig(settings.translation, settings.rotation_deg, scale=0.0, flip=False)

    def __call__(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and confidence, float32 `[B, H, W, K]`, of normalised slices `[B, H, W, C]`."""
        logits = self._logits(image)
        slice_of_ones = ops.ones_like(image[..., :1])

        def one(number: Tensor) -> tuple[Tensor, Tensor]:
            affine = self._motion(number, image.shape[0])
            probability = ops.sigmoid(self._logits(warp(image, affine, "bilinear", self._air)))
            inside = unwarp(slice_of_ones, affine, "bilinear", 0.0) > INSIDE
            return unwarp(probability, affine, "bilinear", 0.0), ops.cast(inside, "float32")

        return logits, spread_over(self._settings.passes, one, Spread.of(ops.sigmoid(logits))).confidence()

    def _logits(self, image: Tensor) -> Tensor:
        return ops.cast(self._network(image, training=False), "float32")

    def _motion(self, number: Tensor, batch: int) -> Affine:
        drawn = draw_affine(self._ranges, 1, tf.stack([self._settings.seed, number]))
        return Affine(*(ops.repeat(parameter, batch, axis=0) for parameter in drawn))
