"""What is known of a case before a step: the experts' labels, what a person accepted, and the pseudo-labels of earlier steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from tfpartial.data.fold.positions import OrganPosition, centres_mm
from tfpartial.data.fold.pseudo_labels import PseudoLabels
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.data.store.store import Store, slice_spacing_mm
from tfpartial.labels import keep_annotated, without_sure_background
from tfpartial.names import CaseId
from tfpartial.priors.render import SlicePlaces, places_of_slices


class CurrentLabels:
    """The labels of one case.

    Attributes:
        store: the store.
        case_id: the case.
        experts: bool `[K]`, organs annotated by experts.
        annotated: bool `[K]`, those, and the accepted ones.
        missing: bool `[K]`, all others: the organs to relabel.

    Args:
        store: the store.
        case_id: the case.
        experts: organs annotated by experts, after thinning.
        earlier: label layers of earlier steps.
        positions: where the organs are, for a segmenter with a prior.
    """

    def __init__(
        self,
        store: Store,
        case_id: CaseId,
        experts: Iterable[str],
        earlier: PseudoLabels | None = None,
        positions: Mapping[str, OrganPosition] | None = None,
    ) -> None:
        self.store = store
        self.case_id = case_id
        self.experts = store.organs.vector(experts)
        self._earlier = earlier if earlier is not None and case_id in earlier else None
        accepted = () if self._earlier is None else self._earlier.accepted.get(case_id, ())
        self.annotated = self.experts | store.organs.vector(accepted)
        self.missing = ~self.annotated
        self._centres_mm = None if positions is None else centres_mm(positions, store.organs.names)

    def places(self, start: int, stop: int) -> SlicePlaces | None:
        """Where the organs are, seen from some slices; none when that is not known."""
        if self._centres_mm is None:
            return None
        return places_of_slices(self._centres_mm, np.array(slice_spacing_mm(self.store, self.case_id)), np.arange(start, stop))

    @property
    def slices(self) -> int:
        """Number of slices, Z."""
        return self.store.cases[self.case_id].slices

    def labels(self, start: int, stop: int) -> np.ndarray:
        """All labels, pseudo-labels too, uint8 `[n, H, W]`."""
        if self._earlier is not None:
            labels = self._earlier.label(self.case_id)[start:stop]
            # What an earlier segmenter found to be background is asked again.
            return without_sure_background(labels, len(self.experts))
        return keep_annotated(self.store.label(self.case_id)[start:stop], self.experts)

    def certain(self, start: int, stop: int) -> np.ndarray:
        """The labels of annotated organs alone, uint8 `[n, H, W]`."""
        return keep_annotated(self.labels(start, stop), self.annotated)

    def truth(self, start: int, stop: int) -> np.ndarray:
        """All that the store's experts drew, also of organs that were taken away to simulate, uint8 `[n, H, W]`."""
        return self.store.label(self.case_id)[start:stop]

    @property
    def checkable(self) -> np.ndarray:
        """bool `[K]`: missing organs whose truth the store has, because their labels were taken away to simulate."""
        return self.missing & self.store.organs.vector(self.store.cases[self.case_id].annotated)


def current_labels(cases: TrainingCases, case_id: CaseId) -> CurrentLabels:
    """The labels of a training case of a fold."""
    return CurrentLabels(cases.store, case_id, cases.annotated[case_id], cases.pseudo, cases.positions.get(case_id))
