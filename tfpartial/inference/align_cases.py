"""The places of the organs in all cases of a fold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tfpartial.config import SearchConfig
from tfpartial.data.fold.positions import OrganPosition
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.data.store.store import Store
from tfpartial.data.volumes.slabs import SLAB
from tfpartial.inference.find_organs import OrganFinder
from tfpartial.priors.from_store import case_grid, label_centres_mm
from tfpartial.priors.spatial_prior import SpatialPrior


def align_cases(
    finder: OrganFinder,
    cases: TrainingCases,
    test: Sequence[str],
    prior: SpatialPrior,
    search: SearchConfig,
    truth: bool = False,
) -> Iterator[tuple[str, dict[str, OrganPosition]]]:
    """Case id and the positions of its organs, case by case.

    In a training case the annotated organs are where their labels are. Validation and test cases are treated as new ones.

    Args:
        finder: the first segmenter.
        cases: training and validation cases.
        test: ids of the test cases.
        prior: the priors.
        search: how organs are looked for.
        truth: take the places of all labels that the store's experts drew.

    Raises:
        TfpartialError: as `align_case`.
    """
    for case_id in (*cases.train, *cases.val, *test):
        known = cases.store.cases[case_id].annotated if truth else cases.annotated[case_id] if case_id in cases.train else ()
        labelled = label_centres_mm(cases.store, case_id, known)
        grid = case_grid(cases.store, case_id, prior.grid_mm)
        yield case_id, finder.find(_slabs(cases.store, case_id), grid, prior, search, labelled)


def _slabs(store: Store, case_id: str) -> Iterator[tuple[int, np.ndarray]]:
    for start in range(0, store.cases[case_id].slices, SLAB):
        yield start, store.slices(case_id, start, start + SLAB)
