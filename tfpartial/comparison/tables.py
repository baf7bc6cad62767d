"""The tables of a comparison: methods × shares of labels, organs × methods, and the tests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tfpartial.comparison.averages import MEAN, Average
from tfpartial.comparison.joined_scores import JoinedScores
from tfpartial.comparison.paired_tests import PairedTest
from tfpartial.comparison.run_tables import uneven_budgets
from tfpartial.comparison.shown_metrics import SHOWN, UNDEFINED, ShownMetric
from tfpartial.finished_stages import alpha_text, axes_text
from tfpartial.metrics.significance import BOOTSTRAP_FROM
from tfpartial.text_table import Cell, Table

SIGNIFICANT = 0.05
SMALLEST_P = 0.001
NO_RUN = "–"
TEST_COLUMNS = ("comparison", "organ", "n", "unpaired", "difference", "95 % interval", "t-test p", "Wilcoxon p", "d_z", "r")


@dataclass(frozen=True)
class MetricResults:
    """All that is known of a metric.

    Args:
        metric: a field of `OrganScore`.
        averages: of every share of labels, method and organ.
        tests: of every share of labels, pair of methods and organ.
    """

    metric: str
    averages: Sequence[Average]
    tests: Sequence[PairedTest]

    @property
    def shown(self) -> ShownMetric:
        """How its values are written."""
        return SHOWN[self.metric]

    def row(self, alpha: float | None, organ: str) -> dict[str, Average]:
        """The averages of all methods with a share of labels."""
        return {found.method: found for found in self.averages if (found.alpha, found.organ) == (alpha, organ)}

    def best(self, alpha: float | None, organ: str) -> str | None:
        """The method with the best mean, when it is significantly better than each other one by tests of that mean.

        None where the methods have other numbers of values: the mean distance of a method that misses the hard cases is low, and
        no test on pairs is about that mean.
        """
        row = self.row(alpha, organ)
        means = {method: found.fold_mean for method, found in row.items() if not math.isnan(found.fold_mean)}
        if len(means) <= 1 or self.shown.best is None or len({found.values for found in row.values()}) > 1:
            return None
        sign = 1 if self.shown.best == "high" else -1
        best = max(means, key=lambda method: sign * means[method])
        tests = [test for test in self.tests if (test.alpha, test.organ) == (alpha, organ) and best in (test.first, test.second)]
        gains = [sign * test.result.mean_difference * (1 if best == test.second else -1) for test in tests]
        wins = [gain > 0 and test.t_p_holm < SIGNIFICANT for gain, test in zip(gains, tests, strict=True)]
        return best if all(wins) else None


def comparison_tables(joined: JoinedScores, results: MetricResults) -> dict[str, Table]:
    """The tables of a metric by the names of their files: `dsc`, `dsc_organs` or `dsc_organs_alpha0.3`, ..., `dsc_tests`."""
    tables = {results.metric: _methods_table(joined, results)}
    for alpha in joined.alphas:
        tables[f"{results.metric}_organs{alpha_suffix(joined, alpha)}"] = _organs_table(joined, results, alpha)
    if results.tests:
        tables[f"{results.metric}_tests"] = _tests_table(results)
    return tables


def alpha_suffix(joined: JoinedScores, alpha: float | None) -> str:
    """What tells the files of several shares of labels apart: `_alpha0.3`."""
    return "" if len(joined.alphas) == 1 or alpha is None else f"_alpha{alpha:g}"


def _methods_table(joined: JoinedScores, results: MetricResults) -> Table:
    """Methods as rows, shares of labels as columns (thesis, Tables 3.2 to 3.4)."""
    columns = [_cells(joined, results, alpha, MEAN) for alpha in joined.alphas]
    rows = [[Cell(method), *(column.get(method, Cell(NO_RUN)) for column in columns)] for method in joined.methods]
    header = ["method", *(alpha_text(alpha) or results.shown.name for alpha in joined.alphas)]
    return Table(header, rows, f"{_title(results)}, mean of the organs. {_legend(joined, rows)}")


def _organs_table(joined: JoinedScores, results: MetricResults, alpha: float | None) -> Table:
    """Organs as rows, methods as columns (thesis, Table 3.6, turned: there may be a hundred organs)."""
    methods = joined.methods_at(alpha)
    cells = {organ: _cells(joined, results, alpha, organ) for organ in (*joined.organs, MEAN)}
    rows = [[Cell(organ), *(row[method] for method in methods)] for organ, row in cells.items()]
    title = ", ".join(filter(None, (_title(results), alpha_text(alpha))))
    return Table(["organ", *methods], rows, f"{title}. {_legend(joined, rows)}", apart=True)


def _tests_table(results: MetricResults) -> Table:
    """One comparison per row."""
    rows = [_test_row(test, results.shown) for test in results.tests]
    caption = (
        f"{_title(results)}: differences of the means of the tables over paired cases, second minus first method; several seeds "
        f"of a case are one pair. n: pairs; unpaired: cases and organs without a value from both. "
        f"Interval of the mean difference: BCa bootstrap, Student's t below {BOOTSTRAP_FROM} pairs. "
        f"p: two-sided, Holm-corrected over this table; bold below {SIGNIFICANT}. d_z: Cohen's, r: rank-biserial correlation."
    )
    return Table(TEST_COLUMNS, rows, caption, names=2)


def _test_row(test: PairedTest, shown: ShownMetric) -> list[Cell]:
    result = test.result
    which = ", ".join(filter(None, (f"{test.first} → {test.second}", alpha_text(test.alpha))))
    ends = f"{shown.number(result.interval_low)} to {shown.number(result.interval_high)}"
    interval = UNDEFINED if math.isnan(result.interval_low) else ends
    texts = (which, test.organ, str(result.n), str(test.unpaired), shown.number(result.mean_difference), interval)
    p_values = [Cell(p_text(p), bold=p < SIGNIFICANT) for p in (test.t_p_holm, test.wilcoxon_p_holm)]
    effects = [Cell(UNDEFINED if math.isnan(size) else f"{size:.2f}") for size in (result.cohens_dz, result.rank_biserial)]
    return [*map(Cell, texts), *p_values, *effects]


def p_text(p: float) -> str:
    """A p-value as tables have it."""
    if math.isnan(p):
        return UNDEFINED
    return f"<{SMALLEST_P}" if p < SMALLEST_P else f"{p:.3f}"


def _cells(joined: JoinedScores, results: MetricResults, alpha: float | None, organ: str) -> dict[str, Cell]:
    """The cell of every method: with the number of values where the methods differ in it; the best one is bold."""
    row = results.row(alpha, organ)
    best = results.best(alpha, organ)
    differ = len({found.values for found in row.values()}) > 1
    cells = {}
    for method, found in row.items():
        sd = found.fold_sd if trainings(joined) > 1 else found.case_sd
        count = f" ({found.values})" if differ else ""
        cells[method] = Cell(results.shown.spread(found.fold_mean, sd) + count, bold=method == best)
    return cells


def _title(results: MetricResults) -> str:
    return f"{results.shown.name} in {results.shown.unit}"


def _legend(joined: JoinedScores, rows: Sequence[Sequence[Cell]]) -> str:
    """What the marks mean that the cells have."""
    cells = [cell for row in rows for cell in row[1:]]
    texts = [f"Mean ± standard deviation over {spread_over(joined)}."]
    if any(cell.bold for cell in cells):
        texts.append(
            "Bold: the best, by paired t-tests of this mean over the cases (p below 0.05 after Holm's correction) against every "
            "other method."
        )
    if any(cell.text.endswith(")") for cell in cells):
        texts.append("In brackets: number of cases and organs with a value, where the methods differ; there is no bold.")
    return " ".join([*texts, *(f"Not alike: {line}." for line in uneven_budgets(joined))])


def trainings(joined: JoinedScores) -> int:
    """The n of the standard deviations of folds and seeds."""
    return len(joined.folds) * len(joined.seeds)


def spread_over(joined: JoinedScores) -> str:
    """What the standard deviations are over, with their n: `n = 4 (2 folds × 2 seeds), 10 cases`."""
    cases = f"{len(joined.cases)} case{'s' * (len(joined.cases) != 1)}"
    axes = axes_text(len(joined.folds), len(joined.seeds))
    return f"n = {trainings(joined)} ({axes}), {cases}" if axes else cases
