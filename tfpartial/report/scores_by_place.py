"""The scores in a folder, as the page needs them: by method, share of labels, fold and seed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from tfpartial.comparison.averages import MEAN, Average, averages
from tfpartial.comparison.joined_scores import JoinedScores
from tfpartial.comparison.runs import Run
from tfpartial.comparison.scores import Scores, read_scores
from tfpartial.comparison.shown_metrics import SHOWN
from tfpartial.errors import TfpartialError
from tfpartial.finished_stages import Place, axes_text


@dataclass(frozen=True)
class Group:
    """The folds and seeds of one method and share of labels.

    Args:
        method: name of the method.
        alpha: share of the labels that were kept.
        averages: metric and organ -> the average over folds, seeds and cases.
        scores: by fold and seed.
    """

    method: str
    alpha: float | None
    averages: dict[tuple[str, str], Average]
    scores: dict[tuple[int, int | None], Scores]

    @property
    def label(self) -> str:
        """How the page calls it: `certain, α 30 %`."""
        return Place(self.method, self.alpha).label

    def mean(self, organ: str, metric: str = "dsc") -> float:
        """The mean over folds and seeds of their means; NaN where it is undefined."""
        return self.averages[metric, organ].fold_mean

    def sd(self, organ: str, metric: str = "dsc") -> float:
        """Its standard deviation over folds and seeds; over the cases when there is one of both."""
        found = self.averages[metric, organ]
        return found.fold_sd if len(self.scores) > 1 else found.case_sd

    def states(self, organ: str) -> Counter[str]:
        """State -> number of cases, over all folds and seeds."""
        return Counter(
            state for found in self.scores.values() for state in found.table.loc[found.table["organ"] == organ, "state"]
        )

    def values(self, organ: str) -> list[float]:
        """The DSC of an organ in every case whose reference has it."""
        tables = (found.counted for found in self.scores.values())
        return [float(value) for table in tables for value in table.loc[table["organ"] == organ, "dsc"].dropna()]


@dataclass(frozen=True)
class Results:
    """All scores. Unlike those of `compare`, they may lack cells: a sweep goes on.

    Args:
        joined: the scores by run: the largest share of labels first, then by fold and method.
        problems: one line for each folder of scores that cannot be used.
    """

    joined: JoinedScores
    problems: tuple[str, ...] = field(default=())

    @property
    def organs(self) -> tuple[str, ...]:
        """The organs of all scores, in the order of their tables."""
        return self.joined.organs

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """By share of labels, the largest first, and method."""
        found: dict[tuple[float | None, str], dict[tuple[str, str], Average]] = {}
        for metric in SHOWN:
            for one in averages(self.joined, metric):
                found.setdefault((one.alpha, one.method), {})[metric, one.organ] = one
        return tuple(Group(method, alpha, of_group, self._scores(method, alpha)) for (alpha, method), of_group in found.items())

    def _scores(self, method: str, alpha: float | None) -> dict[tuple[int, int | None], Scores]:
        return {(run.fold, run.seed): self.joined.scores[run] for run in self.joined.runs(alpha, method)}

    @property
    def several(self) -> bool:
        """Whether there are several folds or seeds."""
        return len(self.joined.folds) * len(self.joined.seeds) > 1

    @property
    def spread_over(self) -> str:
        """What the standard deviations are of."""
        return axes_text(len(self.joined.folds), len(self.joined.seeds)) or "cases"

    def at(self, alpha: float | None) -> list[Group]:
        """The groups with a share of labels."""
        return [group for group in self.groups if group.alpha == alpha]

    def best(self) -> Group | None:
        """The group with the highest mean DSC; None when no DSC is defined."""
        defined = [group for group in self.groups if not math.isnan(group.mean(MEAN))]
        return max(defined, key=lambda group: group.mean(MEAN), default=None)

    def label(self, run: Run) -> str:
        """How the page calls a run: with its fold and seed where there are several."""
        fold, seed = (run.fold if len(self.joined.folds) > 1 else None), (run.seed if len(self.joined.seeds) > 1 else None)
        return Place(run.method, run.alpha, fold, seed).label


def read_results(runs: Iterable[Run]) -> Results:
    """Reads the scores of runs; what cannot be read is among the problems."""
    scores: dict[Run, Scores] = {}
    problems = []
    for run in runs:
        try:
            scores[run] = read_scores(run.folder)
        except TfpartialError as error:
            problems.append(str(error))
    organs = tuple(dict.fromkeys(organ for found in scores.values() for organ in found.organs))
    return Results(JoinedScores(scores, organs), tuple(problems))
