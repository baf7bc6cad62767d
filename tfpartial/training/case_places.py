"""Where the organs of training and validation cases are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfpartial.data.fold.positions import centres_mm
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.priors.from_store import label_centres_mm
from tfpartial.priors.render import SlicePlaces


def training_centres_mm(cases: TrainingCases) -> np.ndarray:
    """Of the training cases: an annotated organ is where its label is (thesis, section 4.2.2), another where it was aligned.

    Returns:
        float32 `[cases, K, 3]`, z from the first slice, y and x from its middle; NaN where no prior is placed.
    """
    return _centres(cases, cases.train, labels_first=True)


def validation_centres_mm(cases: TrainingCases) -> np.ndarray:
    """Of the validation cases: where the organs were aligned, as at prediction; where their labels are in a case that was not.

    Returns as `training_centres_mm`.
    """
    return _centres(cases, cases.val, labels_first=False)


def places_of(batch: Mapping[str, Any]) -> SlicePlaces | None:
    """Where the organs are, seen from the slices of a batch; none for batches without `prior_offset`."""
    return SlicePlaces(batch["prior_offset"], batch["spacing_mm"]) if "prior_offset" in batch else None


def _centres(cases: TrainingCases, case_ids: Sequence[str], labels_first: bool) -> np.ndarray:
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
    return np.array(centres, np.float32)
