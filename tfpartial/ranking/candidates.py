"""The candidates for relabeling whose truth is known: in which cases there are some, and which are right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tfpartial.config import Among
from tfpartial.data.fold.training_cases import TrainingCases
from tfpartial.data.volumes.slabs import SLAB
from tfpartial.errors import TfpartialError
from tfpartial.relabel.candidates import Predictor, candidate_slabs
from tfpartial.relabel.current_labels import CurrentLabels, current_labels
from tfpartial.relabel.select import select_top


@dataclass(frozen=True)
class OrganCandidates:
    """The candidates of one organ in one case, from the first slice to the last and in C order within a slice.

    Args:
        confidence: float32 `[n]`.
        correct: bool `[n]`: whether the expert labelled the organ there.
        per_slice: int64 `[Z]`: how many each slice has.
    """

    confidence: np.ndarray
    correct: np.ndarray
    per_slice: np.ndarray

    @property
    def errors(self) -> int:
        """How many are wrong."""
        return len(self.correct) - int(np.count_nonzero(self.correct))


@dataclass(frozen=True)
class SliceCandidates:
    """The candidates of one organ on one slice; all arrays `[H, W]`.

    Args:
        candidate: bool.
        confidence: float32, of use where there is a candidate.
        selected: bool: the candidates that are among the surest of the volume.
    """

    candidate: np.ndarray
    confidence: np.ndarray
    selected: np.ndarray


def ranked_cases(cases: TrainingCases, number: int | None = None, seed: int = 0) -> list[CurrentLabels]:
    """The labels of the training cases that lost an organ which the store's experts drew.

    Args:
        cases: the training cases.
        number: how many of them, drawn at random, in their order; none takes all.
        seed: seed of the draw.

    Raises:
        TfpartialError: there is none: nothing was taken away, or a person has corrected all of it.
    """
    current = [current_labels(cases, case) for case in cases.train]
    found = [one for one in current if one.checkable.any()]
    if not found:
        raise TfpartialError(
            f"rank: expected annotated sets that lack organs which the experts of {cases.store.root} annotated; those of the "
            f"{len(cases.train)} training cases lack none, so nobody knows what is right"
        )
    if number is None or number >= len(found):
        return found
    drawn = np.random.default_rng(seed).choice(len(found), number, replace=False)
    return [found[index] for index in np.sort(drawn)]


def hidden_organs(current: CurrentLabels) -> tuple[str, ...]:
    """The missing organs of a case whose truth is known."""
    return current.store.organs.select(current.checkable)


def case_candidates(predictor: Predictor, current: CurrentLabels, among: Among = "missing") -> dict[str, OrganCandidates]:
    """The candidates of the hidden organs of a case; those that an earlier step relabeled are none any more.

    In memory are a slab and, per candidate, five bytes.

    Args:
        predictor: segmenter and confidence.
        current: the case's labels.
        among: the organs among which they are predicted.
    """
    codes = {organ: current.store.organs.id_of(organ) for organ in hidden_organs(current)}
    per_slice = {organ: np.zeros(current.slices, np.int64) for organ in codes}
    parts: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {organ: [] for organ in codes}
    for start, organs, confidence in candidate_slabs(predictor, current, SLAB, among, again=False):
        stop = start + len(organs)
        truth = current.truth(start, stop)
        for organ, code in codes.items():
            chosen = organs == code
            per_slice[organ][start:stop] = np.count_nonzero(chosen, axis=(1, 2))
            parts[organ].append((confidence[chosen], truth[chosen] == code))
    return {organ: _joined(parts[organ], per_slice[organ]) for organ in codes}


def slice_candidates(
    predictor: Predictor, current: CurrentLabels, organ: str, z: int, share: float, among: Among = "missing"
) -> SliceCandidates:
    """The candidates of an organ on slice `z`, and which of them are among the surest `share` of the volume's."""
    code = current.store.organs.id_of(organ)
    confidences, before = [], 0
    for start, organs, confidence in candidate_slabs(predictor, current, SLAB, among, again=False):
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
