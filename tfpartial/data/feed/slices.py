"""Slices of chosen cases, read from the store batch by batch (numpy only)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from tfpartial.data.fold.pseudo_labels import PseudoLabels
from tfpartial.data.store.store import Store, slice_spacing_mm
from tfpartial.errors import TfpartialError
from tfpartial.labels import keep_annotated, without_sure_background
from tfpartial.names import CaseId


class SliceReader:
    """Reads any slices of some cases, under the annotated sets that count for this training.

    The experts' layer holds all that they drew: organs outside a case's annotated set are removed from it as it is read. A layer
    with pseudo-labels was written for these annotated sets, so it is taken as it is. Where its pseudo-labels are to be ignored,
    they count among the voxels that slices are drawn by, and are removed from the label maps.

    Attributes:
        store: the store.
        case_ids: the cases; the `case` of a slice is a place in this tuple.
        annotated: bool `[cases, K]`: by experts, or accepted after a correction.
        visible: bool `[cases, K]`: organs whose labels slices are drawn by: those that are left in what `labels` gives, and those
            of ignored pseudo-labels.
        voxels: per case, labelled voxels per slice and organ, int32 `[Z, K]`, before any organ is removed.
        spacing_mm: float32 `[cases, 3]`, spacing z, y, x of their slices.
        centres_mm: float32 `[cases, K, 3]`, where the organs are: z from the first slice, y and x from its middle, NaN where no
            prior is placed; none for a training without a prior.

    Raises:
        TfpartialError: no case, a case that the store has not, one without an annotated set, or a set with an organ that nobody
            annotated there; `PseudoLabels.require_for`.
    """

    def __init__(
        self,
        store: Store,
        case_ids: Sequence[CaseId],
        annotated: Mapping[CaseId, Iterable[str]],
        pseudo: PseudoLabels | None = None,
        centres_mm: np.ndarray | None = None,
    ) -> None:
        if not case_ids:
            raise TfpartialError(f"{store.root}: no case is given to read slices of")
        self.store = store
        self.case_ids = tuple(case_ids)
        experts = np.stack([self._annotated(case_id, annotated) for case_id in self.case_ids])
        if pseudo is not None:
            pseudo.require_for(store, {case_id: tuple(annotated[case_id]) for case_id in self.case_ids})
        self._pseudo = pseudo
        self.annotated = experts | np.stack([self._accepted(case_id) for case_id in self.case_ids])
        layered = np.array([self._source(case_id) is not store for case_id in self.case_ids])
        self.visible = experts | layered[:, None]
        self.voxels = [self._source(case_id).voxels(case_id) for case_id in self.case_ids]
        self.spacing_mm = np.array([slice_spacing_mm(store, case_id) for case_id in self.case_ids], np.float32)
        self.centres_mm = centres_mm

    def images(self, case: np.ndarray, z: np.ndarray) -> np.ndarray:
        """HU of slices, `[B, H, W, C]` of the type of the store, by places in `case_ids` and slice numbers, int `[B]`."""
        image = np.empty((len(case), *self.store.size, self.store.channels), self.store.dtype)
        for place, (number, slice_z) in enumerate(zip(case.tolist(), z.tolist(), strict=True)):
            image[place] = self.store.image(self.case_ids[number])[slice_z]
        return image

    def labels(self, case: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Label maps of slices, uint8 `[B, H, W]`; arguments as of `images`."""
        label = np.empty((len(case), *self.store.size), np.uint8)
        for place, (number, slice_z) in enumerate(zip(case.tolist(), z.tolist(), strict=True)):
            label[place] = self._label(number, slice_z)
        return label

    def _label(self, number: int, z: int) -> np.ndarray:
        case_id = self.case_ids[number]
        label = self._source(case_id).label(case_id)[z]
        ignored = self._pseudo is not None and self._pseudo.ignored
        if ignored:
            label = without_sure_background(label, len(self.store.organs))
        kept = (self.annotated if ignored else self.visible)[number]
        # Most slices show no organ that is to be removed: the counts say so without a look at the voxels.
        return keep_annotated(label, kept) if self.voxels[number][z, ~kept].any() else label

    def _source(self, case_id: CaseId) -> Store | PseudoLabels:
        return self._pseudo if self._pseudo is not None and case_id in self._pseudo else self.store

    def _accepted(self, case_id: CaseId) -> np.ndarray:
        return self.store.organs.vector(() if self._pseudo is None else self._pseudo.accepted.get(case_id, ()))

    def _annotated(self, case_id: CaseId, annotated: Mapping[CaseId, Iterable[str]]) -> np.ndarray:
        if case_id not in self.store.cases:
            raise TfpartialError(f"{self.store.root}: the store has no case '{case_id}' among its {len(self.store.cases)}")
        if case_id not in annotated:
            raise TfpartialError(f"case {case_id}: no annotated set is given for it")
        kept = tuple(annotated[case_id])
        known = self.store.cases[case_id].annotated
        unknown = [name for name in kept if name not in known]
        if unknown:
            raise TfpartialError(f"case {case_id}: '{unknown[0]}' is not annotated there; expected a part of {list(known)}")
        return self.store.organs.vector(kept)
