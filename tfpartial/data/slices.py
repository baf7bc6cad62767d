"""Slices of chosen cases, read from the store batch by batch (numpy only)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from tfpartial.data.store import Store
from tfpartial.errors import TfpartialError
from tfpartial.labels import keep_annotated


class SliceReader:
    """Reads any slices of some cases, under the annotated sets that count for this training.

    Layer 0 holds all that the experts drew: organs outside a case's annotated set are removed from it as it is read. A later
    layer was written for these annotated sets, its other organs are pseudo-labels, so it is taken as it is.

    Attributes:
        store: the store.
        case_ids: the cases; the `case` of a slice is a place in this tuple.
        annotated: bool `[cases, K]`.
        visible: bool `[cases, K]`: organs whose labels are left in what `read` gives.
        voxels: per case, labelled voxels per slice and organ of the layer, int32 `[Z, K]`, before any organ is removed.
        layer: label layer.

    Raises:
        TfpartialError: no case, a case that the store has not, one without an annotated set, or a set with an organ that nobody
            annotated there.
    """

    def __init__(self, store: Store, case_ids: Sequence[str], annotated: Mapping[str, Iterable[str]], layer: int = 0) -> None:
        if not case_ids:
            raise TfpartialError(f"{store.root}: no case is given to read slices of")
        self.store = store
        self.case_ids = tuple(case_ids)
        self.layer = layer
        self.annotated = np.stack([self._annotated(case_id, annotated) for case_id in self.case_ids])
        self.visible = self.annotated if layer == 0 else np.ones_like(self.annotated)
        self.voxels = [store.voxels(case_id, layer) for case_id in self.case_ids]

    def read(self, case: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A batch of slices.

        Args:
            case: int `[B]`, places in `case_ids`.
            z: int `[B]`, slices of these cases.

        Returns:
            image int16 `[B, H, W, C]`, HU; label uint8 `[B, H, W]`.
        """
        image = np.empty((len(case), *self.store.size, self.store.channels), np.int16)
        label = np.empty((len(case), *self.store.size), np.uint8)
        for place, (number, slice_z) in enumerate(zip(case.tolist(), z.tolist(), strict=True)):
            image[place] = self.store.image(self.case_ids[number])[slice_z]
            label[place] = self._label(number, slice_z)
        return image, label

    def _label(self, number: int, z: int) -> np.ndarray:
        label = self.store.label(self.case_ids[number], self.layer)[z]
        visible = self.visible[number]
        # Most slices show no organ that is to be removed: the counts say so without a look at the voxels.
        return keep_annotated(label, visible) if self.voxels[number][z, ~visible].any() else label

    def _annotated(self, case_id: str, annotated: Mapping[str, Iterable[str]]) -> np.ndarray:
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
