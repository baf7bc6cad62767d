"""Voxels of a case at which the model surely says something else than the label, or more than it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tfpartial.labels import BACKGROUND, IGNORE

Kind = Literal["not_seen", "not_labelled", "not_annotated"]
LABEL_ERRORS: tuple[Kind, ...] = ("not_seen", "not_labelled")
PREDICTED = 0.5
"""Least probability of a predicted positive (thesis, section 3.3)."""


@dataclass(frozen=True)
class Marked:
    """Voxels of one kind.

    Args:
        mask: bool `[Z, Y, X]`.
        probability: float32 `[n]`, ŷ at the true places of `mask`, in their order.
    """

    mask: np.ndarray
    probability: np.ndarray


def mark_voxels(
    probability: Iterable[tuple[int, np.ndarray]], label: np.ndarray, organ_id: int, annotated: bool, tcp: float
) -> dict[Kind, Marked]:
    """Marks voxels of organ k. With the true class probability TCP = ŷ where y = 1 and 1 - ŷ where y = 0 (thesis, section 3.3.2):

        not_seen       k annotated, y = 1, and TCP <= `tcp`: labelled, but the model sees nothing
        not_labelled   k annotated, y = 0, and TCP <= `tcp`: not labelled, but the model surely sees it
        not_annotated  k not annotated, and ŷ >= 0.5: the predicted positives, where no label says anything else

    A TCP needs a label that is certain (w = 1; thesis, eq. 3.2): where k is annotated, that is everywhere but at 255. The
    predicted positives are the voxels that a pseudo-label may be given to: those of label 0.

    Args:
        probability: ŷ in slabs: `(z of the first slice, float32 [n, Y, X])`, which together fill the volume.
        label: uint8 `[Z, Y, X]`: 0, 1..K, 255; organs that are not annotated are 0.
        organ_id: k, from 1.
        annotated: whether somebody looked for k in this case.
        tcp: the highest TCP of a doubtful label.

    Returns:
        Both kinds of label errors of an annotated organ; `not_annotated` of another one.
    """
    kinds: tuple[Kind, ...] = LABEL_ERRORS if annotated else ("not_annotated",)
    masks = {kind: np.zeros(label.shape, bool) for kind in kinds}
    values: dict[Kind, list[np.ndarray]] = {kind: [] for kind in kinds}
    for start, part in probability:
        codes = label[start : start + len(part)]
        for kind, mask in masks.items():
            marks = mask[start : start + len(part)]
            marks[:] = _holds(kind, part, codes, organ_id, tcp)
            values[kind].append(part[marks])
    return {kind: Marked(mask, np.concatenate(values[kind])) for kind, mask in masks.items()}


def _holds(kind: Kind, probability: np.ndarray, codes: np.ndarray, organ_id: int, tcp: float) -> np.ndarray:
    if kind == "not_seen":
        return (codes == organ_id) & (probability <= tcp)
    if kind == "not_labelled":
        return (codes != organ_id) & (codes != IGNORE) & (1 - probability <= tcp)
    return (codes == BACKGROUND) & (probability >= PREDICTED)


def against(kind: Kind, probability: float) -> float:
    """How sure the model is against the label, 0..1: 1 - TCP; of an organ that is not annotated, how sure it is of it: ŷ."""
    return 1 - probability if kind == "not_seen" else probability
