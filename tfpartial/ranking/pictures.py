"""Pictures of the cases in which most candidates are wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfpartial.config import Among
from tfpartial.ranking.candidates import OrganCandidates, slice_candidates
from tfpartial.ranking.confidence_figure import ConfidenceSlice, draw_confidence
from tfpartial.relabel.candidates import Predictor
from tfpartial.relabel.current_labels import CurrentLabels

SHARE = 0.66
"""Share of the candidates that the pictures select: SMILE's largest, and the second of INERRANT's three steps."""


@dataclass(frozen=True)
class WorstOrgan:
    """An organ of a case, and where to look.

    Args:
        current: the case's labels.
        organ: its hidden organ with most errors.
        z: the slice with most candidates of it.
        errors: number of wrong candidates in the volume.
    """

    current: CurrentLabels
    organ: str
    z: int
    errors: int


def worst_organs(
    cases: Sequence[CurrentLabels], candidates: Sequence[Mapping[str, OrganCandidates]], count: int
) -> list[WorstOrgan]:
    """The cases with most errors in one organ, with that organ; of equal ones the first. Cases without errors are left out."""
    worst = []
    for current, of_case in zip(cases, candidates, strict=True):
        organ, found = max(of_case.items(), key=lambda item: item[1].errors)
        if found.errors:
            worst.append(WorstOrgan(current, organ, int(found.per_slice.argmax()), found.errors))
    return sorted(worst, key=lambda one: -one.errors)[:count]


def draw_worst(
    chosen: Sequence[WorstOrgan],
    predictors: Mapping[str, Predictor],
    window_hu: tuple[float, float],
    folder: Path,
    among: Among = "missing",
) -> Iterator[dict[str, Any]]:
    """Writes `confidence-<n>.png` of each; yields what a picture shows, when it is there.

    Args:
        chosen: the organs.
        predictors: estimator -> predictor.
        window_hu: HU shown black and white.
        folder: where to.
        among: the organs among which the candidates are predicted.
    """
    for number, one in enumerate(chosen, start=1):
        path = folder / f"confidence-{number}.png"
        draw_confidence(_slice(one, predictors, among), SHARE, window_hu, path)
        case = one.current.case_id
        yield {"file": path.name, "case": case, "organ": one.organ, "slice": one.z + 1, "errors": one.errors, "share": SHARE}


def _slice(one: WorstOrgan, predictors: Mapping[str, Predictor], among: Among) -> ConfidenceSlice:
    current, store = one.current, one.current.store
    views = {name: slice_candidates(each, current, one.organ, one.z, SHARE, among) for name, each in predictors.items()}
    return ConfidenceSlice(
        title=f"{current.case_id}, {one.organ}, slice {one.z + 1}",
        hu=store.numbers(current.case_id, one.z),
        pixel_mm=store.spacing_mm or store.cases[current.case_id].spacing_mm_zyx[1:],
        truth=current.truth(one.z, one.z + 1)[0] == store.organs.id_of(one.organ),
        views=views,
    )
