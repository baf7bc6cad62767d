"""The candidates for relabeling of a case, each known to be right or wrong."""

from __future__ import annotations

import numpy as np

from tfpartial.data.slabs import SLAB
from tfpartial.ranking.cases import hidden_organs
from tfpartial.ranking.found import OrganCandidates, SliceCandidates
from tfpartial.relabel.candidates import Predictor, candidate_slabs
from tfpartial.relabel.current_labels import CurrentLabels
from tfpartial.relabel.select import select_top


def case_candidates(predictor: Predictor, current: CurrentLabels) -> dict[str, OrganCandidates]:
    """The candidates of the hidden organs of a case; those that an earlier step relabeled are none any more.

    In memory are a slab and, per candidate, five bytes.

    Args:
        predictor: segmenter and confidence.
        current: the case's labels.
    """
    codes = {organ: current.store.organs.id_of(organ) for organ in hidden_organs(current)}
    per_slice = {organ: np.zeros(current.slices, np.int64) for organ in codes}
    parts: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {organ: [] for organ in codes}
    for start, organs, confidence in candidate_slabs(predictor, current, SLAB, again=False):
        stop = start + len(organs)
        truth = current.truth(start, stop)
        for organ, code in codes.items():
            chosen = organs == code
            per_slice[organ][start:stop] = np.count_nonzero(chosen, axis=(1, 2))
            parts[organ].append((confidence[chosen], truth[chosen] == code))
    return {organ: _joined(parts[organ], per_slice[organ]) for organ in codes}


def slice_candidates(predictor: Predictor, current: CurrentLabels, organ: str, z: int, share: float) -> SliceCandidates:
    """The candidates of an organ on slice `z`, and which of them are among the surest `share` of the volume's."""
    code = current.store.organs.id_of(organ)
    confidences, before = [], 0
    for start, organs, confidence in candidate_slabs(predictor, current, SLAB, again=False):
        chosen = organs == code
        confidences.append(confidence[chosen])
        before += int(np.count_nonzero(chosen[: max(0, z - start)]))
        if start <= z < start + len(organs):
            candidate, on_slice = chosen[z - start].copy(), confidence[z - start].copy()
    every = np.concatenate(confidences)
    surest = select_top(np.ones_like(every), every, share)
    selected = np.zeros_like(candidate)
    selected[candidate] = surest[before : before + np.count_nonzero(candidate)]
    return SliceCandidates(candidate, on_slice, selected)


def _joined(parts: list[tuple[np.ndarray, np.ndarray]], per_slice: np.ndarray) -> OrganCandidates:
    confidences, correct = zip(*parts, strict=True)
    return OrganCandidates(np.concatenate(confidences), np.concatenate(correct), per_slice)
