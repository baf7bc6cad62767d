"""The Keras model that trains a segmentation network on partially labeled slices."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tfpartial.config import AugmentConfig
from tfpartial.data.number_map import NumberMaps
from tfpartial.priors.render import PriorRenderer
from tfpartial.training.deep_supervision import DeepSupervision
from tfpartial.training.network_trainer import Batch, NetworkTrainer
from tfpartial.training.objective import Objective


class PartialSegmenter(NetworkTrainer):
    """A segmentation network and its objective.

    Args:
        network: functional model from normalised slices `[B, H, W, C]` to logits.
        objective: the loss.
        window_hu: HU window.
        mean: mean of the clipped HU.
        sd: their standard deviation.
        augment: ranges of the augmentation; none trains on the slices as they are.
        seed: seed of the augmentation.
        renderer: renders the priors of a network of `models.build_with_prior`.
        jitter_mm: standard deviation of the random errors of the organs' places; of all, or `[K]` of each.
        ema: momentum of the average of the network that is validated and kept; 0 keeps the last step's.
        number_maps: what makes numbers of the stored ones, of channels that hold no HU.
        deep: heads of coarser scales that learn too; none for the network's own logits alone.
    """

    def __init__(
        self,
        network: keras.Model,
        objective: Objective,
        window_hu: tuple[float, float],
        mean: float,
        sd: float,
        augment: AugmentConfig | None = None,
        seed: int = 0,
        renderer: PriorRenderer | None = None,
        jitter_mm: float | np.ndarray = 0.0,
        ema: float = 0.0,
        number_maps: NumberMaps = (),
        deep: DeepSupervision | None = None,
    ) -> None:
        terms, name = ("loss", *objective.terms), "partial_segmenter"
        super().__init__(network, terms, window_hu, mean, sd, augment, seed, name, renderer, jitter_mm, ema, number_maps)
        self.objective = objective
        self.deep = deep

    @property
    def head_variables(self) -> list[keras.Variable]:
        """Weights of the heads of coarser scales."""
        return [] if self.deep is None else self.deep.variables

    def learner(self, inputs: Any) -> Any:
        """The logits, or those of every scale, the finest first."""
        return super().learner(inputs) if self.deep is None else self.deep.model(inputs, training=True)

    def targets(self, batch: Batch) -> Any:
        """The batch itself: label maps and annotated sets are what the loss compares with."""
        return batch

    def terms(self, logits: Any, targets: Any) -> dict[str, Any]:
        """The loss and its terms."""
        return self.objective(targets, logits, self.optimizer.iterations)
