"""The Keras model that trains a confidence network beside a segmenter that stays as it is."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import ops

from tfpartial.confidence.lessons import LESSONS
from tfpartial.confidence.network import Start, first_logits
from tfpartial.confidence.out_of_fold import OutOfFoldSegmenters
from tfpartial.confidence.true_class import balance_predicted
from tfpartial.config import AugmentConfig
from tfpartial.losses import targets_and_weights
from tfpartial.segmenter.card import SegmenterCard
from tfpartial.training.network_trainer import Batch, NetworkTrainer


class ConfidenceTrainer(NetworkTrainer):
    """A confidence network that learns how right a segmenter is, on certain voxels (thesis, section 3.3.2).

    The segmenter runs in inference mode and is no part of what the optimiser changes.

    Args:
        network: normalised slices -> confidence logits `[B, H, W, K]`.
        segmenter: normalised slices -> logits `[B, H, W, K]`.
        card: how the segmenter was trained.
        balance: `none`, or `predicted` for `balance_predicted`.
        start: what the network's logits are added to (see `first_logits`).
        augment: ranges of the augmentation; none trains on the slices as they are.
        seed: seed of the augmentation.
        loss: what is learned, a name of `tfpartial.confidence.lessons`.
        out_of_fold: segmenters that stand for `segmenter`, each on the cases that it has not learned; none takes itself.
    """

    reads = ("case",)

    def __init__(
        self,
        network: keras.Model,
        segmenter: keras.Model,
        card: SegmenterCard,
        balance: Literal["none", "predicted"] = "none",
        start: Start = "random",
        augment: AugmentConfig | None = None,
        seed: int = 0,
        loss: Literal["tcp", "correct"] = "tcp",
        out_of_fold: OutOfFoldSegmenters | None = None,
    ) -> None:
        window_hu, mean, sd, maps = card.scale
        super().__init__(network, ("loss",), window_hu, mean, sd, augment, seed, "confidence_trainer", number_maps=maps)
        self.segmenter = segmenter
        self.out_of_fold = out_of_fold
        self.balance = balance
        self.start = start
        self.num_organs = len(card.organs)
        self.lesson = LESSONS[loss]
        self.loss_of = self.lesson.loss(name=loss)

    def prepared(self, batch: Batch) -> Batch:
        """A batch of slices as `targets` takes it, normalised and not moved."""
        return self._augmented(dict(batch), None)

    def targets(self, batch: Batch) -> Any:
        """What the confidence should be, the weights, and what the network adds to, float32 `[B, H, W, K]`."""
        segmenter_logits = self._segmenter_logits(batch)
        probability = ops.sigmoid(segmenter_logits)
        target, weight = targets_and_weights(batch["label"], batch["annotated"], self.num_organs, rule="certain")
        if self.balance == "predicted":
            weight = balance_predicted(weight, probability >= 0.5)
        wanted = ops.stop_gradient(self.lesson.target(probability, target))
        return wanted, weight, ops.stop_gradient(first_logits(segmenter_logits, self.start))

    def _segmenter_logits(self, batch: Batch) -> Any:
        if self.out_of_fold is not None:
            return self.out_of_fold(batch["image"], batch["case"])
        return ops.cast(self.segmenter(batch["image"], training=False), "float32")

    def terms(self, logits: Any, targets: Any) -> dict[str, Any]:
        """The loss."""
        wanted, weight, first = targets
        return {"loss": self.loss_of(wanted, logits + first, sample_weight=weight)}
