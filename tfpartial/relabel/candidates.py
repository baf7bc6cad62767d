"""The voxels that may be relabeled: predicted as an organ that nobody annotated there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from tfpartial.config import Among
from tfpartial.errors import TfpartialError
from tfpartial.labels import keep_annotated
from tfpartial.priors.render import SlicePlaces
from tfpartial.relabel.current_labels import CurrentLabels

Slab = tuple[int, np.ndarray, np.ndarray]
"""First slice; organ, uint8 `[n, H, W]`, 0 or sure background where there is no candidate; its confidence, float32
`[n, H, W]`."""


class Predictor(Protocol):
    """What `tfpartial.confidence.ConfidentPredictor` is to this package."""

    def predict(self, hu: np.ndarray, wanted: np.ndarray, places: SlicePlaces | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Organ and confidence of int16 `[n, H, W, C]`, among the wanted organs, bool `[K]`, with the organs at these places."""


def candidate_slabs(
    predictor: Predictor, current: CurrentLabels, slab: int, among: Among = "missing", again: bool = True
) -> Iterator[Slab]:
    """The candidates of a case, slab by slab, in the order of the slices.

    A voxel is a candidate of the missing organ that wins there: the one with the highest probability, 0.5 or more, among the
    organs that are asked. Where the experts drew another organ there is none.

    Args:
        predictor: segmenter and confidence.
        current: the case's labels.
        slab: slices at a time.
        among: the organs that are asked. `missing`: an annotated organ is certain to be where the experts drew it and nowhere
            else, so its voxels elsewhere go to the next organ. `all`, as in the thesis (Algorithm 1, section 3.3): what is
            predicted as an annotated organ is no candidate.
        again: voxels that an earlier step relabeled are candidates, too.

    Raises:
        TfpartialError: the predictor gives NaN.
    """
    asked = current.missing if among == "missing" else np.ones_like(current.missing)
    for start in range(0, current.slices, slab):
        stop = min(start + slab, current.slices)
        hu = current.store.slices(current.case_id, start, stop)
        organ, confidence = predictor.predict(hu, asked, current.places(start, stop))
        if np.isnan(confidence).any():
            raise TfpartialError(f"case {current.case_id}: expected confidences from 0 to 1, got NaN near slice {start}")
        known = (current.certain if again else current.labels)(start, stop) != 0
        yield start, np.where(known, np.uint8(0), keep_annotated(organ, current.missing)), confidence
