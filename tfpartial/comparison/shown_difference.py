"""The difference of two methods as the tables show it, as a mean over the cases, so that it can be tested."""

from __future__ import annotations

import pandas as pd


def case_differences(first: pd.DataFrame, second: pd.DataFrame) -> pd.Series:
    """One number per case, whose mean is the difference of the two means in the tables: second minus first.

    A table's mean goes over the cases of a fold, then over the organs, then over the folds (`Average.fold_mean`). So it is a
    weighted sum over cases, where an organ that few cases have gives these a large weight. The number of a case is the
    linearised contribution of its differences d to that sum (Taylor linearisation: Wolter 2007, chapter 6; w: weights, N: cases):

        z_case = D + N Σ_fold,organ w (d - mean of the organ's d),   D = Σ w d

    Where every case has every organ and all folds are as large, that is the mean over the case's organs.

    Args:
        first: values of the one method, as `JoinedScores.values` gives them.
        second: those of the other one, of the same cases.

    Returns:
        by case, those with a value from both methods of at least one organ. Seeds are averaged first, so a case counts once.
    """
    differences = (second - first).groupby(level=["fold", "case"]).mean().dropna(how="all")
    weights = _weights(differences)
    total = (weights * differences).sum()  # by organ
    centred = differences - total / weights.sum()
    cases = differences.index.get_level_values("case").nunique()
    return total.sum() + cases * (weights * centred).sum(axis=1).groupby(level="case").sum()


def _weights(values: pd.DataFrame) -> pd.DataFrame:
    """What each value counts in the mean of the tables; NaN where there is none. They sum to 1."""
    defined = values.notna()
    of_fold = defined.groupby(level="fold").sum()  # [fold, organ]: cases that have a value
    organs, folds = (of_fold > 0).sum(axis=1), len(of_fold)
    of_value = 1 / (of_fold.mul(organs, axis=0) * folds).where(of_fold > 0)
    spread = of_value.reindex(values.index.get_level_values("fold")).set_axis(values.index)
    return spread.where(defined)
