"""A predicted label map against the expert's, organ by organ (rules: method, section 9)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tfpartial.errors import TfpartialError
from tfpartial.labels import IGNORE, OrganTable
from tfpartial.metrics.overlap import dice_of_counts

State = Literal["scored", "missed", "false_positive", "absent", "not_annotated"]

REASONS: dict[State, str] = {
    "scored": "",
    "missed": "the reference has the organ, the prediction has none of it",
    "false_positive": "the organ is annotated as absent, the prediction has it",
    "absent": "undefined: the organ is annotated as absent, and the prediction has none of it",
    "not_annotated": "unknown: nobody looked for the organ in this case",
}
"""What a state means; `absent` and `not_annotated` have no DSC."""


@dataclass(frozen=True)
class OrganScore:
    """One organ of one case; the columns of `scores.csv`. Volumes in ml, NaN where unknown."""

    case: str
    organ: str
    state: State
    dsc: float
    reference_ml: float
    prediction_ml: float
    reason: str


def score_case(
    case: str,
    reference: np.ndarray,
    prediction: np.ndarray,
    organs: OrganTable,
    annotated: Iterable[str],
    voxel_ml: float,
) -> list[OrganScore]:
    """Scores each organ of a case.

    Args:
        case: its id.
        reference: uint8 label map, codes 0, 1..K, 255; voxels of 255 are left out of both label maps.
        prediction: uint8 label map of the same shape.
        organs: the organ table.
        annotated: organs that somebody looked for in the reference.
        voxel_ml: volume of one voxel in ml.

    Returns:
        One score per organ, in the table's order.

    Raises:
        TfpartialError: the shapes differ.
    """
    if reference.shape != prediction.shape:
        shapes = f"reference {reference.shape} and prediction {prediction.shape}"
        raise TfpartialError(f"case '{case}': expected label maps of equal shape, got {shapes}")
    counts = _voxel_counts(reference, prediction)[:, 1 : len(organs) + 1]
    known = organs.vector(annotated)
    rows = zip(organs.names, known.tolist(), *counts.tolist(), strict=True)
    return [_score_organ(case, *row, voxel_ml=voxel_ml) for row in rows]


def _voxel_counts(reference: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Voxels of each code in both label maps, in the reference and in the prediction: int `[3, 256]`."""
    certain = reference != IGNORE
    reference, prediction = reference[certain], prediction[certain]
    both = reference[reference == prediction]
    return np.stack([np.bincount(codes, minlength=IGNORE + 1) for codes in (both, reference, prediction)])


def _score_organ(
    case: str, organ: str, known: bool, common: int, reference: int, prediction: int, *, voxel_ml: float
) -> OrganScore:
    state = _state(known, reference, prediction)
    dsc = dice_of_counts(common, reference, prediction) if known else math.nan
    reference_ml = reference * voxel_ml if known else math.nan
    return OrganScore(case, organ, state, dsc, reference_ml, prediction * voxel_ml, REASONS[state])


def _state(known: bool, reference: int, prediction: int) -> State:
    if not known:
        return "not_annotated"
    if reference:
        return "scored" if prediction else "missed"
    return "false_positive" if prediction else "absent"


def summarise(scores: Iterable[OrganScore], organs: OrganTable) -> dict[str, Any]:
    """Mean and standard deviation (n - 1) of each organ's DSC over the cases that have one, and how many are in each state.

    Returns:
        `organs`: a list with one dict per organ; `mean_dsc`: the mean over the organs that have a mean. None where undefined.
    """
    by_organ: dict[str, list[OrganScore]] = {name: [] for name in organs.names}
    for score in scores:
        by_organ[score.organ].append(score)
    rows = [_summarise_organ(name, of_organ) for name, of_organ in by_organ.items()]
    means = [row["mean_dsc"] for row in rows if row["mean_dsc"] is not None]
    return {"organs": rows, "mean_dsc": float(np.mean(means)) if means else None}


def _summarise_organ(organ: str, scores: list[OrganScore]) -> dict[str, Any]:
    dsc = [score.dsc for score in scores if not math.isnan(score.dsc)]
    return {
        "organ": organ,
        "mean_dsc": float(np.mean(dsc)) if dsc else None,
        "sd_dsc": float(np.std(dsc, ddof=1)) if len(dsc) > 1 else None,
        "cases": len(dsc),
        **{state: sum(score.state == state for score in scores) for state in REASONS},
    }
