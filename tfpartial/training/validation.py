"""DSC on whole validation cases while training, on annotated organs only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from tfpartial.config import Activation
from tfpartial.labels import IGNORE
from tfpartial.segmenter.decode import decode
from tfpartial.training.case_places import ValidationPlaces, places_of, with_places
from tfpartial.training.partial_segmenter import PartialSegmenter


class Validator:
    """Scores a segmenter on the volumes of some cases.

    Args:
        segmenter: the model.
        activation: what ends the network; it decides how logits become labels.
        slices: finite data set of batches as `tfpartial.data.feed.pipeline.case_slices` gives it.
        annotated: bool `[cases, K]`, the annotated sets of the cases that `case` of a batch counts.
        places: finds the organs of these cases, for a network with a prior.

    Attributes:
        centres_mm: where the organs were at the last validation; none for a network without a prior.
    """

    def __init__(
        self,
        segmenter: PartialSegmenter,
        activation: Activation,
        slices: tf.data.Dataset,
        annotated: np.ndarray,
        places: ValidationPlaces | None = None,
    ) -> None:
        self.slices = slices
        self.annotated = annotated
        self.centres_mm: np.ndarray | None = None
        self._places = places
        num_organs = annotated.shape[1]

        @tf.function(reduce_retracing=True)
        def count(batch: dict[str, Any]) -> Any:
            logits = segmenter(batch["image"], places_of(batch), training=False)
            return overlap_counts(batch["label"], decode(logits, activation), num_organs)

        self._count = count

    def dsc(self) -> np.ndarray:
        """DSC per case and organ, float `[cases, K]`; NaN where not annotated, or absent and not predicted."""
        counts = np.zeros((*self.annotated.shape, 3))
        self.centres_mm = None if self._places is None else self._places.centres_mm()
        for batch in self.slices:
            np.add.at(counts, batch["case"].numpy(), self._count(with_places(batch, self.centres_mm)).numpy())
        both, reference, predicted = np.moveaxis(counts, -1, 0)
        voxels = reference + predicted
        scored = self.annotated & (voxels > 0)
        return np.where(scored, 2 * both / np.where(scored, voxels, 1), np.nan)


def overlap_counts(label: Any, prediction: Any, num_organs: int) -> Any:
    """Voxels per slice and organ: in both, in the reference, in the prediction; ignored voxels count nowhere.

    Args:
        label: uint8 `[B, H, W]`.
        prediction: uint8 `[B, H, W]`.
        num_organs: K.

    Returns:
        int32 `[B, K, 3]`.
    """
    valid = ops.not_equal(label, IGNORE)

    def count(mask: Any) -> Any:
        return ops.sum(ops.cast(mask, "int32"), axis=(1, 2))

    def of_organ(organ: int) -> Any:
        reference = ops.equal(label, organ)
        predicted = ops.logical_and(ops.equal(prediction, organ), valid)
        return ops.stack([count(ops.logical_and(reference, predicted)), count(reference), count(predicted)], axis=-1)

    return ops.stack([of_organ(organ) for organ in range(1, num_organs + 1)], axis=1)


def mean_per_organ(dsc: np.ndarray) -> np.ndarray:
    """Mean over the cases where it is defined, float `[K]`; NaN for an organ without any."""
    defined = np.isfinite(dsc)
    count = defined.sum(axis=0)
    return np.where(count > 0, np.nansum(dsc, axis=0) / np.maximum(count, 1), np.nan)


def organ_scores(names: Sequence[str], per_organ: np.ndarray) -> dict[str, float]:
    """`dsc` (mean over the organs that have one, else NaN) and `dsc_<organ>` as log entries."""
    defined = per_organ[np.isfinite(per_organ)]
    mean = float(defined.mean()) if defined.size else float("nan")
    return {"val_dsc": mean} | {f"val_dsc_{name}": float(value) for name, value in zip(names, per_organ, strict=True)}
