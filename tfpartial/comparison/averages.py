"""A metric of each method: mean ± standard deviation over folds and seeds, and over the cases."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from tfpartial.comparison.joined_scores import JoinedScores

MEAN = "mean of organs"


@dataclass(frozen=True)
class Average:
    """A metric of one method, share of labels and organ. NaN where undefined; `reason` says why.

    Standard deviations are those of a sample (n - 1).

    Args:
        metric: a field of `OrganScore`.
        alpha: share of the labels that were kept; None where unknown.
        method: name of the method.
        organ: the organ, or `MEAN`.
        fold_mean: mean of the means of each fold and seed. Such a mean of `MEAN` is that of the organs' means: each organ counts
            the same, however often it is annotated.
        fold_sd: standard deviation of the means of each fold and seed.
        folds: folds that have a value.
        case_mean: mean over all cases. A case's value of `MEAN` is the mean of its organs, and of its folds and seeds if it has
            several.
        case_sd: standard deviation over all cases.
        case_median: median over all cases.
        cases: cases that have a value.
        values: pairs of case and organ that have a value, in each fold and seed.
        undefined: pairs of case and organ that have none: absent, not annotated, or, for distances, missed.
        reason: why numbers are undefined.
        seeds: seeds that have a value.
        trainings: folds times seeds that have a value: what `fold_sd` is over.
        false_positives: pairs of case and organ that the reference annotates as absent and the method found.
    """

    metric: str
    alpha: float | None
    method: str
    organ: str
    fold_mean: float
    fold_sd: float
    folds: int
    case_mean: float
    case_sd: float
    case_median: float
    cases: int
    values: int
    undefined: int
    reason: str = ""
    seeds: int = 1
    trainings: int = 0
    false_positives: int = 0


def averages(joined: JoinedScores, metric: str) -> list[Average]:
    """One average per share of labels, method and organ; `MEAN` comes last."""
    found = []
    for alpha in joined.alphas:
        for method in joined.methods_at(alpha):
            values = joined.values(metric, method, alpha)
            for organ in (*joined.organs, MEAN):
                columns = list(joined.organs) if organ == MEAN else [organ]
                average = _average(metric, alpha, method, organ, values[columns])
                absent_found = joined.states(method, alpha, columns)["false_positive"]
                found.append(replace(average, false_positives=absent_found))
    return found


def _average(metric: str, alpha: float | None, method: str, organ: str, values: pd.DataFrame) -> Average:
    """The average over some organs; `values` as `JoinedScores.values` gives them."""
    of_folds = values.groupby(level=["fold", "seed"]).mean().mean(axis=1).dropna()
    of_cases = values.mean(axis=1).groupby(level="case").mean().dropna()
    defined = int(values.notna().to_numpy().sum())
    return Average(
        *(metric, alpha, method, organ),
        fold_mean=float(of_folds.mean()),
        fold_sd=float(of_folds.std()),
        folds=of_folds.index.get_level_values("fold").nunique(),
        case_mean=float(of_cases.mean()),
        case_sd=float(of_cases.std()),
        case_median=float(of_cases.median()),
        cases=len(of_cases),
        values=defined,
        undefined=values.size - defined,
        reason=_reason(len(of_folds), len(of_cases)),
        seeds=of_folds.index.get_level_values("seed").nunique(),
        trainings=len(of_folds),
    )


def _reason(folds: int, cases: int) -> str:
    if not cases:
        return "no case has a value"
    lacking = [what for what, number in (("folds", folds), ("cases", cases)) if number == 1]
    return f"one value has no spread: {' and '.join(lacking)}" if lacking else ""
