"""The ranking of every organ and estimator, and the mean of the organs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from tfpartial.metrics.ranking import Ranking, ranking
from tfpartial.ranking.candidates import OrganCandidates

MEAN = "mean"
"""The organ of the row with the mean of the organs."""
SHARES = ("auc", "ap_success", "ap_error")


@dataclass(frozen=True)
class RankingRow:
    """One row of the table.

    Args:
        estimator: what told the confidence.
        organ: the organ, or `mean`.
        ranking: how well it ranks; in the mean's row the mean of the organs where it is defined, and the sums of candidates and
            errors.
    """

    estimator: str
    organ: str
    ranking: Ranking

    @property
    def reason(self) -> str:
        """Why there are no numbers; empty where there are."""
        if self.organ != MEAN:
            return self.ranking.reason
        return "no organ has right and wrong candidates" if math.isnan(self.ranking.auc) else ""


def rank_organs(estimator: str, organs: Iterable[str], of_cases: Iterable[Mapping[str, OrganCandidates]]) -> list[RankingRow]:
    """Ranks the candidates of all cases together, organ by organ.

    Args:
        estimator: what told the confidence.
        organs: the organs, in the order of the rows.
        of_cases: the candidates of each case by organ; a case may lack organs.

    Returns:
        A row per organ that any case has, and the mean's.
    """
    found: dict[str, list[OrganCandidates]] = {organ: [] for organ in organs}
    for of_case in of_cases:
        for organ, candidates in of_case.items():
            found[organ].append(candidates)
    rows = [RankingRow(estimator, organ, _rank(parts)) for organ, parts in found.items() if parts]
    return [*rows, RankingRow(estimator, MEAN, mean_ranking([row.ranking for row in rows]))]


def mean_ranking(rankings: Iterable[Ranking]) -> Ranking:
    """The mean of the shares over the rankings where they are defined, NaN where none is; candidates and errors are added up."""
    rankings = list(rankings)
    defined = [one for one in rankings if not one.reason]
    auc, ap_success, ap_error = (_mean(getattr(one, share) for one in defined) for share in SHARES)
    return Ranking(auc, ap_success, ap_error, sum(one.n for one in rankings), sum(one.errors for one in rankings))


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return float(np.mean(known)) if known else math.nan


def _rank(parts: list[OrganCandidates]) -> Ranking:
    return ranking(np.concatenate([part.confidence for part in parts]), np.concatenate([part.correct for part in parts]))
