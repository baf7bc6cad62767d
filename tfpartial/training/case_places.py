"""Where the organs of training and validation cases are, for every slice that the pipeline gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfpartial.data.fold.positions import centres_mm
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.priors.from_store import label_centres_mm, slice_spacing_mm
from tfpartial.priors.render import SlicePlaces

CENTRE, SPACING = "prior_offset", "prior_spacing"
"""Entries of a batch: the two parts of `SlicePlaces`."""


class CasePlaces(NamedTuple):
    """Of some cases.

    Args:
        centres_mm: float32 `[cases, K, 3]`, z from the first slice, y and x from its middle; NaN where no prior is placed.
        spacing_mm: float32 `[cases, 3]`, spacing of their slices.
    """

    centres_mm: np.ndarray
    spacing_mm: np.ndarray


def training_places(cases: TrainingCases) -> CasePlaces:
    """Of the training cases: an annotated organ is where its label is (thesis, section 4.2.2), another where it was aligned."""
    return _places(cases, cases.train, labels_first=True)


def validation_places(cases: TrainingCases) -> CasePlaces:
    """Of the validation cases: where the organs were aligned, as at prediction; where their labels are in a case that was not."""
    return _places(cases, cases.val, labels_first=False)


def with_places(batches: tf.data.Dataset, places: CasePlaces) -> tf.data.Dataset:
    """Adds where the organs are, seen from the slices: float32 `prior_offset` `[B, K, 3]` and `prior_spacing` `[B, 3]`."""
    centres, spacings = tf.constant(places.centres_mm), tf.constant(places.spacing_mm)

    def add(batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        spacing = tf.gather(spacings, batch["case"])
        height = tf.cast(batch["z"], tf.float32) * spacing[:, 0]
        centre = tf.gather(centres, batch["case"]) - tf.pad(height[:, None, None], [[0, 0], [0, 0], [0, 2]])
        return batch | {CENTRE: centre, SPACING: spacing}

    return batches.map(add)


def places_of(batch: dict[str, Any]) -> SlicePlaces | None:
    """What `with_places` added to a batch; none where it did not."""
    return SlicePlaces(batch[CENTRE], batch[SPACING]) if CENTRE in batch else None


def _places(cases: TrainingCases, case_ids: Sequence[str], labels_first: bool) -> CasePlaces:
    centres = []
    for case in case_ids:
        aligned = centres_mm(cases.positions.get(case, {}), cases.store.organs.names)
        if labels_first or case not in cases.positions:
            labelled = label_centres_mm(cases.store, case, cases.annotated[case])
            aligned = np.where(np.isfinite(labelled), labelled, aligned)
            # An annotated organ without a voxel is absent: a prior would say where it is not.
            absent = cases.store.organs.vector(cases.annotated[case]) & ~np.isfinite(labelled).all(axis=-1)
            aligned[absent] = np.nan
        centres.append(aligned)
    spacing = [slice_spacing_mm(cases.store, case) for case in case_ids]
    return CasePlaces(np.array(centres, np.float32), np.array(spacing, np.float32))
