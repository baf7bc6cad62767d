"""The scores of many cases, summed up: every number with how many values it is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tfpartial.labels import OrganTable
from tfpartial.metrics.scoring import IN_REFERENCE, METRICS, REASONS, OrganScore


def summarise(scores: Iterable[OrganScore], organs: OrganTable) -> dict[str, Any]:
    """Sums the scores up per organ and over all.

    A metric has `mean`, `sd` (of a sample: n - 1), `median` and `n`, over the cases whose reference has the organ and where the
    metric is defined; what is undefined is None, and `reason` says why. Absent organs, found or not, and those that nobody looked
    for are counted, never averaged: so every prediction of the same cases has the same n.

    Args:
        scores: of all cases.
        organs: the organ table.

    Returns:
        JSON: `organs`, a list of `{"organ", "states": {state: cases}, metric: {...}, ...}` in the table's order; `overall`, the
        same over all cases and organs, where each metric also has `mean_of_organs`, the mean of the organs' means: each organ
        counts the same, however often it is annotated.
    """
    by_organ: dict[str, list[OrganScore]] = {name: [] for name in organs.names}
    for score in scores:
        by_organ[score.organ].append(score)
    rows = [{"organ": name} | _summary(of_organ) for name, of_organ in by_organ.items()]
    overall = _summary([score for of_organ in by_organ.values() for score in of_organ])
    for metric in METRICS:
        means = [row[metric]["mean"] for row in rows if row[metric]["mean"] is not None]
        overall[metric]["mean_of_organs"] = float(np.mean(means)) if means else None
    return {"organs": rows, "overall": overall}


def _summary(scores: Sequence[OrganScore]) -> dict[str, Any]:
    counted = Counter(score.state for score in scores)
    states = {state: counted[state] for state in REASONS}
    return {"states": states} | {metric: _statistics(scores, metric) for metric in METRICS}


def _statistics(scores: Sequence[OrganScore], metric: str) -> dict[str, Any]:
    values = np.array([getattr(score, metric) for score in scores if score.state in IN_REFERENCE], dtype=float)
    defined = values[~np.isnan(values)]
    result: dict[str, Any] = {"mean": None, "sd": None, "median": None, "n": len(defined)}
    if len(defined):
        result |= {"mean": float(defined.mean()), "median": float(np.median(defined))}
    if len(defined) > 1:
        return result | {"sd": float(defined.std(ddof=1))}
    if len(defined):
        return result | {"reason": "sd: one value has none"}
    lacking = Counter(score.state for score in scores)
    return result | {"reason": "no case has a value: " + (", ".join(f"{n} {state}" for state, n in lacking.items()) or "no case")}


def overview(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """What a person wants to see of a summary: one flat row per organ and one for all; means, and the cases in each state."""
    rows = [*summary["organs"], {"organ": "mean of organs"} | summary["overall"]]
    return [{"organ": row["organ"]} | {metric: _shown_mean(row[metric]) for metric in METRICS} | row["states"] for row in rows]


def _shown_mean(statistics: dict[str, Any]) -> float | None:
    return statistics.get("mean_of_organs", statistics["mean"])
