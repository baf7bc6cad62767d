"""The places of the organs in all cases of a fold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tfpartial.config import SearchConfig
from tfpartial.data.fold.positions import OrganPosition
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.names import CaseId
from tfpartial.priors.from_store import absent_organs, label_centres_mm
from tfpartial.priors.spatial_prior import SpatialPrior
from tfpartial.segmenter.find_organs import OrganFinder


def align_cases(
    finder: OrganFinder,
    cases: TrainingCases,
    test: Sequence[CaseId],
    prior: SpatialPrior,
    search: SearchConfig,
    truth: bool = False,
) -> Iterator[tuple[CaseId, dict[str, OrganPosition]]]:
    """Case id and the positions of its organs, case by case.

    In a training case the annotated organs are where their labels are, and an annotated one without a voxel is absent.
    Validation and test cases are treated as new ones.

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
        absent = absent_organs(cases.store, known, labelled)
        yield case_id, finder.find_stored(cases.store, case_id, prior, search, labelled, absent)
