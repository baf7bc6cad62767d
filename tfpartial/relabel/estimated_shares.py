"""How large a share of each organ may be relabeled at a wanted precision, estimated where the experts' labels are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.labels import without_sure_background
from tfpartial.relabel.candidates import Predictor
from tfpartial.relabel.current_labels import CurrentLabels
from tfpartial.relabel.volume_selection import VolumeSelection

STEPS = 10
"""The share is lowered in tenths of the one that is asked for."""


def estimated_shares(predictor: Predictor, cases: TrainingCases, share: float, precision: float, slab: int) -> dict[int, float]:
    """Per organ the largest share, up to the one asked for, whose voxels have the precision; 0 where none has.

    Counted on the annotated validation cases; for an organ that none of them is annotated for, on the training cases, where the
    segmenter has seen the truth and is surer than elsewhere. An organ that is predicted in none of them keeps the share.

    Args:
        predictor: segmenter and confidence.
        cases: the fold's cases.
        share: the largest share.
        precision: wanted share of true ones among the selected voxels.
        slab: slices in memory at a time.

    Returns:
        organ (1..K) -> share.
    """
    organs = cases.store.organs
    shares = share * np.arange(1, STEPS + 1) / STEPS
    counts = np.zeros((STEPS, 2, len(organs)), np.int64)  # selected, and correct ones of them
    for case_id, names in _judges(cases).items():
        current = CurrentLabels(cases.store, case_id, names, positions=cases.positions.get(case_id))
        counts += _count(predictor, current, shares, slab)
    selected, correct = counts[:, 0], counts[:, 1]
    good = (correct >= precision * selected) & (selected > 0)
    found = {organ: _largest(shares, good[:, organ - 1]) for organ in organs.ids.values()}
    return {organ: found[organ] if selected[-1, organ - 1] else share for organ in found}


def _largest(shares: np.ndarray, good: np.ndarray) -> float:
    return float(shares[good].max(initial=0.0))


def _judges(cases: TrainingCases) -> dict[str, tuple[str, ...]]:
    """Case -> the organs that are counted there."""
    annotated = cases.annotated
    in_validation = {organ for case_id in cases.val for organ in annotated[case_id]}
    judges = {case_id: annotated[case_id] for case_id in cases.val}
    for case_id in cases.train:
        judges[case_id] = tuple(organ for organ in annotated[case_id] if organ not in in_validation)
    return {case_id: names for case_id, names in judges.items() if names}


def _count(predictor: Predictor, current: CurrentLabels, shares: Iterable[float], slab: int) -> np.ndarray:
    """Selected and correct voxels, int64 `[shares, 2, K]`, of the organs annotated in a case."""
    organs = np.flatnonzero(current.experts) + 1
    with VolumeSelection(len(current.experts)) as selection:
        for start in range(0, current.slices, slab):
            stop = min(start + slab, current.slices)
            image = current.store.slices(current.case_id, start, stop)
            selection.add((start, *predictor.predict(image, current.experts, current.places(start, stop))))
        return np.stack([_count_share(selection, current, dict.fromkeys(organs.tolist(), one)) for one in shares])


def _count_share(selection: VolumeSelection, current: CurrentLabels, shares: Mapping[int, float]) -> np.ndarray:
    num_organs = len(current.experts)
    counts = np.zeros((2, num_organs + 1), np.int64)
    for start, chosen, _ in selection.selected(selection.top(shares)):
        chosen = without_sure_background(chosen, num_organs)
        right = chosen[chosen == current.truth(start, start + len(chosen))]
        counts += np.stack([np.bincount(part.ravel(), minlength=num_organs + 1) for part in (chosen, right)])
    return counts[:, 1:]
