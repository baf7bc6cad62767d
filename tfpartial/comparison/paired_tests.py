"""Methods against each other on the same cases: one paired comparison per share of labels, organ and pair of methods."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from tfpartial.comparison.averages import MEAN
from tfpartial.comparison.joined_scores import JoinedScores
from tfpartial.comparison.shown_difference import case_differences
from tfpartial.metrics.significance import PairedComparison, compare_differences, holm


@dataclass(frozen=True)
class PairedTest:
    """Two methods on the same cases of all folds and seeds.

    Args:
        metric: a field of `OrganScore`.
        alpha: share of the labels that were kept; None where unknown.
        organ: the organ, or `MEAN`: the pairs are then the cases, each with its contribution to the mean of the tables (see
            `case_differences`), since organs of one case are not independent of each other.
        first: the one method.
        second: the other one; a positive difference says that its values are higher.
        only_first: pairs of case and organ, in each fold and seed, that have no value from the second method.
        only_second: those that have none from the first.
        neither: those that have none from both.
        result: what the pairs say.
        t_p_holm: p-value of the t-test, corrected for all tests of the metric.
        wilcoxon_p_holm: that of the Wilcoxon test.
    """

    metric: str
    alpha: float | None
    organ: str
    first: str
    second: str
    only_first: int
    only_second: int
    neither: int
    result: PairedComparison
    t_p_holm: float
    wilcoxon_p_holm: float

    @property
    def unpaired(self) -> int:
        """Pairs of case and organ that had to be left out."""
        return self.only_first + self.only_second + self.neither


def paired_tests(joined: JoinedScores, metric: str, seed: int) -> list[PairedTest]:
    """Every pair of methods with a share of labels; `MEAN` comes first.

    Args:
        joined: the scores.
        metric: a field of `OrganScore`.
        seed: of the bootstrap.
    """
    tests = list(_tests(joined, metric, seed))
    corrected = zip(holm([test.result.t_p for test in tests]), holm([test.result.wilcoxon_p for test in tests]), strict=True)
    return [dataclasses.replace(test, t_p_holm=t_p, wilcoxon_p_holm=p) for test, (t_p, p) in zip(tests, corrected, strict=True)]


def _tests(joined: JoinedScores, metric: str, seed: int) -> Iterator[PairedTest]:
    """The tests, not corrected yet."""
    for alpha in joined.alphas:
        values = {method: joined.values(metric, method, alpha) for method in joined.methods_at(alpha)}
        for first, second in combinations(values, 2):
            for organ in (MEAN, *joined.organs):
                columns = list(joined.organs) if organ == MEAN else [organ]
                one, two = values[first][columns], values[second][columns]
                counts = ((one.notna() & two.isna()), (one.isna() & two.notna()), (one.isna() & two.isna()))
                only_first, only_second, neither = (int(count.to_numpy().sum()) for count in counts)
                result = compare_differences(case_differences(one, two), seed)
                p = result.t_p, result.wilcoxon_p
                yield PairedTest(metric, alpha, organ, first, second, only_first, only_second, neither, result, *p)
