"""How large a share of each organ may be relabeled at a wanted precision, estimated where the experts' labels are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from tfpartial.config import Among
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.labels import without_sure_background
from tfpartial.names import CaseId
from tfpartial.relabel.candidates import Predictor, candidate_slabs
from tfpartial.relabel.current_labels import CurrentLabels
from tfpartial.relabel.volume_selection import VolumeSelection

STEPS = 10
"""The share is lowered in tenths of the one that is asked for."""


def estimated_shares(
    predictor: Predictor, cases: TrainingCases, share: float, precision: float, slab: int, among: Among = "missing"
) -> dict[int, float]:
    """Per organ the largest share, up to the one asked for, whose voxels have the precision; 0 where none has.

    Counted on the annotated validation cases; for an organ that none of them is annotated for, on the training cases, where the
    segmenter has seen the truth and is surer than elsewhere. An organ that is predicted in none of them keeps the share.

    The organs that are counted in a case are taken for missing there, and its candidates are then those of `candidate_slabs`,
    as when it is relabeled: organs that are truly missing compete, and what the experts drew of others is no candidate.

    Args:
        predictor: segmenter and confidence.
        cases: the fold's cases.
        share: the largest share.
        precision: wanted share of true ones among the selected voxels.
        slab: slices in memory at a time.
        among: the organs among which the candidates are predicted.

    Returns:
        organ (1..K) -> share.

    Raises:
        TfpartialError: the predictor gives NaN.
    """
    organs = cases.store.organs
    shares = share * np.arange(1, STEPS + 1) / STEPS
    counts = np.zeros((STEPS, 2, len(organs)), np.int64)  # selected, and correct ones of them
    for case_id, judged in _judges(cases).items():
        others = set(cases.annotated[case_id]) - set(judged)
        current = CurrentLabels(cases.store, case_id, others, positions=cases.positions.get(case_id))
        with VolumeSelection(len(organs)) as selection:
            for part in candidate_slabs(predictor, current, slab, among):
                selection.add(part)
            counts += _counts(selection, current, organs.vector(judged), shares)
    selected, correct = counts[:, 0], counts[:, 1]
    good = (correct >= precision * selected) & (selected > 0)
    found = {organ: _largest(shares, good[:, organ - 1]) for organ in organs.ids.values()}
    return {organ: found[organ] if selected[-1, organ - 1] else share for organ in found}


def _largest(shares: np.ndarray, good: np.ndarray) -> float:
    return float(shares[good].max(initial=0.0))


def _judges(cases: TrainingCases) -> dict[CaseId, tuple[str, ...]]:
    """Case -> the organs that are counted there."""
    annotated = cases.annotated
    in_validation = {organ for case_id in cases.val for organ in annotated[case_id]}
    judges = {case_id: annotated[case_id] for case_id in cases.val}
    for case_id in cases.train:
        judges[case_id] = tuple(organ for organ in annotated[case_id] if organ not in in_validation)
    return {case_id: names for case_id, names in judges.items() if names}


def _counts(selection: VolumeSelection, current: CurrentLabels, judged: np.ndarray, shares: Iterable[float]) -> np.ndarray:
    """Selected and correct voxels, int64 `[shares, 2, K]`, of the organs judged in a case; 0 of others."""
    codes = (np.flatnonzero(judged) + 1).tolist()
    return np.stack([_count_share(selection, current, dict.fromkeys(codes, one)) for one in shares])


def _count_share(selection: VolumeSelection, current: CurrentLabels, shares: Mapping[int, float]) -> np.ndarray:
    num_organs = len(current.experts)
    counts = np.zeros((2, num_organs + 1), np.int64)
    for start, chosen, _ in selection.selected(selection.top(shares)):
        chosen = without_sure_background(chosen, num_organs)
        right = chosen[chosen == current.truth(start, start + len(chosen))]
        counts += np.stack([np.bincount(part.ravel(), minlength=num_organs + 1) for part in (chosen, right)])
    return counts[:, 1:]
