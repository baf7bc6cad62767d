"""The scores of several runs side by side, when they are comparable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tfpartial.comparison.budgets import UNKNOWN, Budget, budget_of
from tfpartial.comparison.confidences import Confidence, confidences_of
from tfpartial.comparison.runs import Run
from tfpartial.comparison.scores import Scores, read_scores
from tfpartial.errors import TfpartialError
from tfpartial.finished_stages import alpha_text
from tfpartial.names import CaseId

SHOWN = 5
"""Cases that an error lists."""
ROUNDING = 1e-6
"""Volumes of one label that were computed on two machines differ by at most this share."""


@dataclass(frozen=True)
class JoinedScores:
    """Scores of runs that were tested alike.

    Args:
        scores: by run; methods in the order of the tables.
        organs: the organs, in the order of their ids.
        budgets: what each run was trained with, where that was looked up.
        confidences: what ranked the pseudo-labels behind each run, likewise.
    """

    scores: Mapping[Run, Scores]
    organs: tuple[str, ...]
    budgets: Mapping[Run, Budget] = field(default_factory=dict)
    confidences: Mapping[Run, tuple[Confidence, ...]] = field(default_factory=dict)

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods, in their order."""
        return tuple(dict.fromkeys(run.method for run in self.scores))

    @property
    def alphas(self) -> tuple[float | None, ...]:
        """The shares of labels, most first."""
        return tuple(sorted({run.alpha for run in self.scores}, key=lambda alpha: -2 if alpha is None else -alpha))

    @property
    def folds(self) -> tuple[int, ...]:
        """The folds; every method has them with every share that it has."""
        return tuple(sorted({run.fold for run in self.scores}))

    @property
    def seeds(self) -> tuple[int | None, ...]:
        """The seeds; every method has them in every fold."""
        return tuple(sorted({run.seed for run in self.scores}, key=lambda seed: -1 if seed is None else seed))

    @property
    def cases(self) -> list[CaseId]:
        """The test cases of all folds."""
        return sorted(set().union(*(found.cases for found in self.scores.values())))

    def runs(self, alpha: float | None, method: str | None = None) -> list[Run]:
        """The runs with a share of labels, of one method or of all."""
        return [run for run in self.scores if run.alpha == alpha and method in (None, run.method)]

    def methods_at(self, alpha: float | None) -> list[str]:
        """The methods that learned with a share of labels."""
        return [method for method in self.methods if self.runs(alpha, method)]

    def values(self, metric: str, method: str, alpha: float | None) -> pd.DataFrame:
        """A metric of a method: one row per `(fold, seed, case)`, sorted, and one column per organ.

        NaN where it is undefined, and where the reference does not have the organ: then no method has a value (`Scores.counted`).
        """
        tables = {(run.fold, run.seed or 0): self.scores[run].counted for run in self.runs(alpha, method)}
        joined = pd.concat(tables, names=["fold", "seed"]).reset_index(level=["fold", "seed"])
        pivoted = joined.pivot(index=["fold", "seed", "case"], columns="organ", values=metric)
        return pivoted.reindex(columns=list(self.organs))

    def states(self, method: str, alpha: float | None, organs: Sequence[str]) -> Counter[str]:
        """State -> pairs of case and organ of a method, over all folds and seeds."""
        tables = (self.scores[run].table for run in self.runs(alpha, method))
        return Counter(state for table in tables for state in table.loc[table["organ"].isin(organs), "state"])

    def budget(self, run: Run) -> Budget:
        """What a run was trained with."""
        return self.budgets.get(run, UNKNOWN)

    def confidences_of(self, run: Run) -> tuple[Confidence, ...]:
        """What ranked the pseudo-labels behind a run; none where it had none."""
        return self.confidences.get(run, ())


def join_scores(runs: Sequence[Run]) -> JoinedScores:
    """Reads the scores of runs and proves that they may be compared.

    Raises:
        TfpartialError: scores that cannot be read; other organs or settings of the metrics; a fold or seed that not all have;
            other test cases in a fold; or another expert label of a case. Both sides are named.
    """
    scores = {run: read_scores(run.folder) for run in runs}
    budgets = {run: budget_of(found.predictions) for run, found in scores.items()}
    confidences = {run: confidences_of(found.predictions) for run, found in scores.items()}
    joined = JoinedScores(scores, scores[runs[0]].organs, budgets, confidences)
    for run in runs[1:]:
        _require_same_table(runs[0], run, scores)
    _require_all_folds_and_seeds(joined)
    for fold in joined.folds:
        first, *others = [run for run in runs if run.fold == fold]
        for run in others:
            _require_same_cases(first, run, scores)
    _require_same_truth(scores)
    return joined


def _require_same_table(first: Run, other: Run, scores: Mapping[Run, Scores]) -> None:
    one, two = scores[first], scores[other]
    if one.organs != two.organs:
        organs = f"{', '.join(one.organs)} and {', '.join(two.organs)}"
        raise TfpartialError(f"{_both(first, other)}: expected the same organs, got {organs}")
    for name, value in one.settings.items():
        if value != two.settings[name]:
            raise TfpartialError(
                f"{_both(first, other)}: expected the same {name}, got {value} and {two.settings[name]}; score again"
            )


def _require_all_folds_and_seeds(joined: JoinedScores) -> None:
    for alpha in joined.alphas:
        for method in joined.methods_at(alpha):
            where = ", ".join(filter(None, (f"'{method}'", alpha_text(alpha))))
            runs = joined.runs(alpha, method)
            _require_all(where, "fold", joined.folds, {run.fold for run in runs})
            for fold in joined.folds:
                of_fold = {run.seed for run in runs if run.fold == fold}
                _require_all(f"{where}, fold {fold}", "seed", joined.seeds, of_fold)


def _require_all(where: str, axis: str, expected: Sequence[int | None], found: set[int | None] | set[int]) -> None:
    missing = [value for value in expected if value not in found]
    if missing:
        values = ", ".join("none" if value is None else str(value) for value in expected)
        lacking = f"{axis} {missing[0]}" if missing[0] is not None else f"the run without a {axis}"
        raise TfpartialError(f"scores of {where}: expected the {axis}s {values}, {lacking} is missing")


def _require_same_cases(first: Run, other: Run, scores: Mapping[Run, Scores]) -> None:
    apart = sorted(scores[first].cases ^ scores[other].cases)
    if apart:
        only = ", ".join(apart[:SHOWN]) + (f" and {len(apart) - SHOWN} more" if len(apart) > SHOWN else "")
        raise TfpartialError(f"{_both(first, other)}: expected the same test cases; only one of them has {only}")


def _require_same_truth(scores: Mapping[Run, Scores]) -> None:
    """A case has one expert label: the same organs annotated, of the same volumes."""
    truths: dict[str, pd.Series] = {}
    owners: dict[str, Run] = {}
    for run, found in scores.items():
        truth = found.table.set_index(["case", "organ"])["volume_reference_ml"]
        for case, of_case in truth.groupby(level="case", sort=False):
            volumes = of_case.droplevel("case").reindex(list(found.organs))
            if case not in truths:
                truths[case], owners[case] = volumes, run
            _require_same_volumes(case, truths[case], volumes, _both(owners[case], run))


def _require_same_volumes(case: CaseId, first: pd.Series, other: pd.Series, both: str) -> None:
    apart = ~np.isclose(first, other, rtol=ROUNDING, equal_nan=True)
    if apart.any():
        organ = first.index[apart][0]
        volumes = " and ".join(
            "not annotated" if np.isnan(volume) else f"{volume:.6g} ml" for volume in (first[organ], other[organ])
        )
        raise TfpartialError(f"{both}: expected the same expert labels; {organ} of case '{case}': {volumes}")


def _both(first: Run, other: Run) -> str:
    return f"scores of {first.label} ({first.folder}) and {other.label} ({other.folder})"
