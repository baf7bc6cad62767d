"""Is one method better than another on the same cases? Paired tests, effect sizes and an interval (method, section 9)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import stats

from tfpartial.errors import TfpartialError

LEVEL = 0.95
RESAMPLES = 9999
BOOTSTRAP_FROM = 10
"""Pairs that a bootstrap needs: of fewer it takes the variance for too small; its interval is too narrow (Hesterberg 2015)."""
EXACT_UP_TO = 50
"""Pairs up to which the Wilcoxon test is exact, as in SciPy and R."""
DECIMALS = 10
"""Differences are rounded to so many, for 0.3 - 0.1 and 0.2 - 0.0 to be equal."""


@dataclass(frozen=True)
class PairedComparison:
    """What the differences `second - first` of paired values say. NaN where undefined; `reasons` says why.

    Args:
        n: number of pairs.
        mean_difference: mean of the differences.
        interval_low: lower end of the 95 % interval of the mean difference.
        interval_high: its upper end.
        interval_kind: `bca`, the bias-corrected and accelerated bootstrap (Efron 1987), or `student`, by the t distribution, with
            fewer than `BOOTSTRAP_FROM` pairs; empty where undefined.
        t: statistic of the paired t-test.
        t_p: its two-sided p-value.
        wilcoxon: statistic of the Wilcoxon signed-rank test, the smaller of W+ and W-; differences of 0 are left out.
        wilcoxon_p: its two-sided p-value: exact up to `EXACT_UP_TO` pairs, ties or not, else by the normal distribution.
        cohens_dz: mean of the differences over their standard deviation (Cohen 1988).
        rank_biserial: (W+ - W-) / (W+ + W-), in -1..1 (Kerby 2014).
        reasons: why numbers are undefined.
    """

    n: int
    mean_difference: float = math.nan
    interval_low: float = math.nan
    interval_high: float = math.nan
    interval_kind: Literal["bca", "student", ""] = ""
    t: float = math.nan
    t_p: float = math.nan
    wilcoxon: float = math.nan
    wilcoxon_p: float = math.nan
    cohens_dz: float = math.nan
    rank_biserial: float = math.nan
    reasons: tuple[str, ...] = ()


def compare_pairs(first: Sequence[float], second: Sequence[float], seed: int = 0) -> PairedComparison:
    """Compares two methods by their values on the same cases. The order of the cases does not matter.

    Args:
        first: one number per case.
        second: those of the other method, in the same order of cases.
        seed: of the bootstrap; the same seed gives the same interval.

    Raises:
        TfpartialError: not two lists of as many finite numbers.
    """
    before, after = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if before.ndim != 1 or before.shape != after.shape or not np.isfinite([before, after]).all():
        raise TfpartialError(f"pairs: expected two lists of as many finite numbers, got {before.tolist()} and {after.tolist()}")
    return compare_differences(after - before, seed)


def compare_differences(values: Sequence[float] | np.ndarray, seed: int = 0) -> PairedComparison:
    """What `compare_pairs` says of the differences of pairs. Their order does not matter.

    Args:
        values: one finite number per case.
        seed: of the bootstrap.
    """
    # Sorted, because the bootstrap draws by place.
    differences = np.sort(np.round(np.asarray(values, dtype=float), DECIMALS))
    n = len(differences)
    mean = float(differences.mean()) if n else math.nan
    if n <= 1:
        return PairedComparison(n, mean, reasons=(f"tests and interval: expected at least 2 pairs, got {n}",))
    if not differences.any():
        return PairedComparison(n, mean, reasons=("tests and interval: all differences are 0",))
    if differences[0] == differences[-1]:
        why = "t-test and interval: all differences are equal"
        return PairedComparison(n, mean, **_signed_ranks(differences), reasons=(why,))
    return PairedComparison(n, mean, **_interval(differences, seed), **_t_test(differences), **_signed_ranks(differences))


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values corrected for several comparisons by Holm's step-down procedure (Holm 1979).

    The i-th smallest of m, times m - i + 1, at least its predecessor's and at most 1. The chance that any comparison falls below
    0.05 by luck stays below 0.05, however they depend on each other (the corrections of SciPy bound the false discovery rate).

    Args:
        p_values: NaN where a test is undefined: that is no comparison, and stays NaN.
    """
    p = np.asarray(p_values, dtype=float)
    corrected = np.full(p.shape, math.nan)
    order = np.argsort(p)[: np.count_nonzero(~np.isnan(p))]  # NaN comes last
    corrected[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return corrected.tolist()


def _interval(differences: np.ndarray, seed: int) -> dict[str, Any]:
    if len(differences) < BOOTSTRAP_FROM:
        low, high = stats.ttest_1samp(differences, 0).confidence_interval(LEVEL)
        return {"interval_low": float(low), "interval_high": float(high), "interval_kind": "student"}
    random = np.random.default_rng(seed)
    bootstrap = stats.bootstrap((differences,), np.mean, n_resamples=RESAMPLES, batch=1000, confidence_level=LEVEL, rng=random)
    low, high = bootstrap.confidence_interval
    return {"interval_low": float(low), "interval_high": float(high), "interval_kind": "bca"}


def _t_test(differences: np.ndarray) -> dict[str, Any]:
    test = stats.ttest_1samp(differences, 0)
    effect = differences.mean() / differences.std(ddof=1)
    return {"t": float(test.statistic), "t_p": float(test.pvalue), "cohens_dz": float(effect)}


def _signed_ranks(differences: np.ndarray) -> dict[str, Any]:
    other = differences[differences != 0]
    ranks = stats.rankdata(np.abs(other))
    plus, minus = float(ranks[other > 0].sum()), float(ranks[other < 0].sum())
    p = _exact_p(ranks, plus) if len(other) <= EXACT_UP_TO else float(stats.wilcoxon(other).pvalue)
    return {"wilcoxon": min(plus, minus), "wilcoxon_p": p, "rank_biserial": (plus - minus) / (plus + minus)}


def _exact_p(ranks: np.ndarray, plus: float) -> float:
    """Two-sided p-value of the sum of the positive ranks, when each rank has either sign by chance, ties or not.

    SciPy's exact test has no ties; with ties it calls Python for each of the 2^n choices of signs, and only up to 13.
    """
    halves = np.rint(2 * ranks).astype(int)  # ties share ranks such as 2.5
    chance = np.zeros(halves.sum() + 1)  # of each sum, in halves
    chance[0] = 1
    for half in halves:
        chance = (chance + np.pad(chance, (half, 0))[: len(chance)]) / 2
    place = round(2 * plus)
    return float(min(1, 2 * chance[: place + 1].sum(), 2 * chance[place:].sum()))
