"""Which cases are worth annotating next: those that the model is unsure of and that are unlike the ones it knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tfpartial.audit.case import CaseAudit
from tfpartial.audit.missing import MissingOrgan
from tfpartial.audit.sizes import voxel_ml
from tfpartial.data.manifest import Manifest
from tfpartial.names import CaseId

NAMED = 2
"""Organs that a reason names."""


@dataclass(frozen=True)
class NextCase:
    """A case that lacks labels.

    Args:
        case: its id.
        score: uncertainty · (1 - w + w · novelty), w the weight of diversity; None without an uncertainty.
        uncertainty: mean of `MissingOrgan.uncertainty` over the missing organs that have one: per organ, since the work grows
            with their number; None when nothing is predicted of any.
        novelty: 0..1: how far the sizes of the organs are from those of cases that are known or chosen before.
        organs: the missing organs, the most uncertain first.
    """

    case: CaseId
    score: float | None
    uncertainty: float | None
    novelty: float
    organs: tuple[MissingOrgan, ...]

    @property
    def reason(self) -> str:
        """Why it stands where it does, for a person."""
        seen = [_told(organ) for organ in self.organs if organ.uncertainty is not None][:NAMED]
        unseen = [organ.organ for organ in self.organs if organ.uncertainty is None]
        return "; ".join(seen + ([f"nothing predicted of {', '.join(unseen)}"] if unseen else []))

    def row(self) -> dict[str, Any]:
        """As a row of a table."""
        numbers = {"case": self.case, "score": self.score, "uncertainty": self.uncertainty, "novelty": self.novelty}
        return {**numbers, "organs": ", ".join(organ.organ for organ in self.organs), "reason": self.reason}

    def to_json(self) -> dict[str, Any]:
        """As JSON, with the numbers of each organ."""
        return {**asdict(self), "reason": self.reason}


def rank_cases(
    audits: Sequence[CaseAudit], manifest: Manifest, annotated: Mapping[CaseId, Sequence[str]], diversity: float
) -> list[NextCase]:
    """Orders the cases that lack labels, greedily: the highest score first, then the highest in view of that choice, and so on.

    Novelty (decision; the k-center idea of Sener and Savarese, ICLR 2018, on a descriptor that needs no network):

        novelty = 1 - exp(-d),   d = min over known cases b of RMS over organs k of ln((V_ak + 1 ml) / (V_bk + 1 ml))

    with V the labelled volume where k is annotated, else the predicted one. Known are the cases that are annotated for every
    organ, and those chosen before; without any, everything is new: 1. Cases without a score come last.

    Args:
        audits: what was found.
        manifest: the data set.
        annotated: case -> its annotated organs that count.
        diversity: w, 0..1; 0 orders by uncertainty alone.
    """
    lacking = {audit.id: audit.missing for audit in audits if audit.missing}
    sizes = {case: _log_volumes(case, lacking.get(case, ()), manifest, annotated[case]) for case in annotated}
    complete = [case for case in sizes if len(annotated[case]) == len(manifest.organs)]
    nearest = {case: min([_apart(sizes[case], sizes[known]) for known in complete], default=np.inf) for case in lacking}
    result: list[NextCase] = []
    while nearest:
        candidates = [_candidate(case, lacking[case], distance, diversity) for case, distance in nearest.items()]
        best = min(candidates, key=lambda one: (one.score is None, -(one.score or 0), one.case))
        result.append(best)
        del nearest[best.case]
        nearest = {case: min(distance, _apart(sizes[case], sizes[best.case])) for case, distance in nearest.items()}
    return result


def _candidate(case: CaseId, missing: Sequence[MissingOrgan], distance: float, diversity: float) -> NextCase:
    organs = tuple(sorted(missing, key=lambda one: (one.uncertainty is None, -(one.uncertainty or 0), one.organ)))
    known = [one.uncertainty for one in organs if one.uncertainty is not None]
    novelty = float(-np.expm1(-distance))
    uncertainty = float(np.mean(known)) if known else None
    score = None if uncertainty is None else uncertainty * (1 - diversity + diversity * novelty)
    return NextCase(case, score, uncertainty, novelty, organs)


def _log_volumes(case: CaseId, missing: Sequence[MissingOrgan], manifest: Manifest, annotated: Sequence[str]) -> np.ndarray:
    """ln(volume + 1 ml) of every organ, `[K]`."""
    entry = manifest.case(case)
    predicted = {one.organ: one.volume_ml for one in missing}
    volumes = [
        entry.voxels.get(organ, 0) * voxel_ml(entry) if organ in annotated else predicted.get(organ, 0.0)
        for organ in manifest.organs.names
    ]
    return np.log1p(volumes)


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.sqrt(np.mean((one - other) ** 2)))


def _told(organ: MissingOrgan) -> str:
    size = "" if organ.usual_ml is None else f", usually {organ.usual_ml:.3g} ml"
    return f"{organ.organ}: entropy {organ.mean_entropy:.2f} bit over {organ.volume_ml:.3g} ml{size}"
