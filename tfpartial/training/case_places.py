"""Where the organs of training and validation cases are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tfpartial.config import SearchConfig
from tfpartial.data.fold.positions import centres_mm, offsets_mm
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.errors import TfpartialError
from tfpartial.priors.from_store import absent_organs, label_centres_mm
from tfpartial.priors.render import SlicePlaces
from tfpartial.priors.spatial_prior import SpatialPrior
from tfpartial.segmenter.find_organs import OrganFinder


def training_centres_mm(cases: TrainingCases) -> np.ndarray:
    """Of the training cases: an annotated organ is where its label is (thesis, section 4.2.2), another where it was aligned.

    Returns:
        float32 `[cases, K, 3]`, z from the first slice, y and x from its middle; NaN where no prior is placed.
    """
    organs, centres = cases.store.organs, []
    for case in cases.train:
        aligned = centres_mm(cases.positions.get(case, {}), organs.names)
        labelled = label_centres_mm(cases.store, case, cases.annotated[case])
        own = np.where(np.isfinite(labelled), labelled, aligned)
        own[[organs.ids[organ] - 1 for organ in absent_organs(cases.store, cases.annotated[case], labelled)]] = np.nan
        centres.append(own)
    return np.array(centres, np.float32)


def search_errors_mm(cases: TrainingCases) -> np.ndarray:
    """How far the search misses each organ along an axis: the root mean square over validation cases and axes.

    Test cases are not looked at, nor labels that were taken away: only organs that are annotated in a validation case count.

    Returns:
        float32 `[K]`; an organ without such a case has that of all organs together.

    Raises:
        TfpartialError: no annotated organ of a validation case was found by the search.
    """
    organs = cases.store.organs
    errors = np.full((len(cases.val), len(organs), 3), np.nan)
    for number, case in enumerate(cases.val):
        searched = {organ: own for organ, own in cases.positions.get(case, {}).items() if own.state == "aligned"}
        errors[number] = centres_mm(searched, organs.names) - label_centres_mm(cases.store, case, cases.annotated[case])
    known = np.isfinite(errors)
    if not known.any():
        expected = "expected positions that `align` found of annotated organs in validation cases, to measure its error on"
        raise TfpartialError(f"prior_use.jitter_mm: {expected}, got none; give a number")
    squares = np.where(known, errors, 0) ** 2
    count, total = known.sum(axis=(0, 2)), squares.sum(axis=(0, 2))
    own = np.where(count > 0, total / np.maximum(count, 1), total.sum() / count.sum())
    return np.sqrt(own).astype(np.float32)


class ValidationPlaces:
    """Where the organs of the validation cases are, found as `predict` finds them: no label is asked.

    A case that `align` has seen has its places from there. In another one the network looks for the organs itself, without its
    prior, each time it is validated: as it learns, its places get better.

    Args:
        cases: cases of the fold.
        finder: the network that is trained.
        prior: its priors.
        search: how organs are looked for.
    """

    def __init__(self, cases: TrainingCases, finder: OrganFinder, prior: SpatialPrior, search: SearchConfig) -> None:
        self._cases, self._finder, self._prior, self._search = cases, finder, prior, search

    def centres_mm(self) -> np.ndarray:
        """Where they are for the network as it is now; returns as `training_centres_mm`."""
        store, known = self._cases.store, self._cases.positions
        return np.stack(
            [
                centres_mm(
                    known[case] if case in known else self._finder.find_stored(store, case, self._prior, self._search),
                    store.organs.names,
                )
                for case in self._cases.val
            ]
        )


def with_places(batch: Mapping[str, Any], centres_mm: np.ndarray | None) -> dict[str, Any]:
    """A batch with `prior_offset`, from the centres of the organs in its cases, `[cases, K, 3]`; as it is without them."""
    if centres_mm is None:
        return dict(batch)
    case, spacing_mm, z = (np.asarray(batch[name]) for name in ("case", "spacing_mm", "z"))
    return {**batch, "prior_offset": offsets_mm(centres_mm[case], spacing_mm, z)}


def places_of(batch: Mapping[str, Any]) -> SlicePlaces | None:
    """Where the organs are, seen from the slices of a batch; none for batches without `prior_offset`."""
    return SlicePlaces(batch["prior_offset"], batch["spacing_mm"]) if "prior_offset" in batch else None
