"""Chooses the cases of pictures: the best, the worst, and what lies between them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfpartial.comparison.joined_scores import JoinedScores
from tfpartial.errors import TfpartialError
from tfpartial.names import CaseId, require_case


def pick_cases(ranked: Sequence[CaseId], count: int) -> list[tuple[CaseId, str]]:
    """Cases to draw and what they are: the best, the worst, and others evenly between them (of three the median).

    Args:
        ranked: case ids, best first.
        count: number of cases; fewer when there are not so many.

    Returns:
        `(case, remark)`, best first.

    Raises:
        TfpartialError: no case, or none asked for.
    """
    if not ranked or count < 1:
        raise TfpartialError(f"picture: expected at least one scored case and one to draw, got {len(ranked)} and {count}")
    last = len(ranked) - 1
    places = np.linspace(0, last, min(count, len(ranked))).round().astype(int).tolist()
    return [(ranked[place], _remark(place, last)) for place in places]


def name_ranks(ranked: Sequence[CaseId], cases: Sequence[str]) -> list[tuple[CaseId, str]]:
    """Cases that are asked for by name, and what they are: `(case, remark)`.

    Raises:
        TfpartialError: a case that was not scored.
    """
    for case in cases:
        if case not in ranked:
            raise TfpartialError(f"picture: case '{case}' was not scored by the last method")
    places = [ranked.index(require_case(case, "picture")) for case in cases]
    return [(ranked[place], _remark(place, len(ranked) - 1)) for place in places]


def _remark(place: int, last: int) -> str:
    if place in (0, last):
        return "worst" if place else "best"
    return "median" if place == round(last / 2) else f"rank {place + 1} of {last + 1}"


def rank_cases(joined: JoinedScores, alpha: float | None) -> list[CaseId]:
    """The test cases by the mean DSC of the last method with a share of labels, best first; those without a DSC are left out."""
    values = joined.values("dsc", joined.methods_at(alpha)[-1], alpha).mean(axis=1)
    means = values.groupby(level="case").mean().dropna()
    return means.sort_values(ascending=False, kind="stable").index.tolist()
