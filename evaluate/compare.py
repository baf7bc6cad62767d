"""Compare methods on the same test cases: tables, paired tests and pictures."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from tfpartial import cli
from tfpartial.comparison.averages import MEAN, averages
from tfpartial.comparison.case_pictures import draw_cases
from tfpartial.comparison.choice import name_ranks, pick_cases, rank_cases
from tfpartial.comparison.files import COMPARISON, overview, tests_overview, write_comparison
from tfpartial.comparison.joined_scores import JoinedScores, join_scores
from tfpartial.comparison.paired_tests import paired_tests
from tfpartial.comparison.run_tables import uneven_budgets
from tfpartial.comparison.runs import Run, runs_of_folders, runs_of_groups, runs_of_sweep
from tfpartial.comparison.tables import MetricResults
from tfpartial.config import CompareConfig
from tfpartial.errors import TfpartialError
from tfpartial.names import CaseId
from tfpartial.progress import track
from tfpartial.provenance import begin, finish

logger = logging.getLogger(__name__)


def run(config: CompareConfig) -> dict[str, Any]:
    """Writes `tables/`, `averages.csv`, `tests.csv`, `runs.csv`, `comparison.json`, and a `figure.png` for each share of labels.

    Raises:
        TfpartialError: runs that cannot be compared, see `join_scores`; metrics without any value; a case to draw that was not
            scored.
    """
    joined = join_scores(_runs(config))
    _require_values(joined, config.metrics)
    chosen = {alpha: _choose(config, rank_cases(joined, alpha)) for alpha in joined.alphas}
    for line in uneven_budgets(joined):
        logger.warning("not trained alike: %s", line)
    begin(config.out, "compare", config)
    results = [
        MetricResults(metric, averages(joined, metric), paired_tests(joined, metric, config.seed))
        for metric in track(config.metrics, "compare")
    ]
    pictures = draw_cases(config.out, config.manifest, joined, chosen, config.window_hu)
    write_comparison(config.out, joined, results, pictures)
    summary = {
        MEAN: overview(joined, results),
        f"tests of {config.metrics[0]}": tests_overview(results[0]),
        "cases": len(joined.cases),
        **pictures,
        "more": str(config.out / COMPARISON),
    }
    finish(config.out, summary, below=["tables/*"])
    return summary


def _runs(config: CompareConfig) -> list[Run]:
    if config.sweep is not None:
        return runs_of_sweep(config.sweep)
    return runs_of_groups(config.groups) if config.groups else runs_of_folders(config.scores)


def _require_values(joined: JoinedScores, metrics: Sequence[str]) -> None:
    """Warns of metrics without any value; that none has one is an error."""
    empty = [metric for metric in metrics if all(scores.table[metric].isna().all() for scores in joined.scores.values())]
    if len(empty) == len(metrics):
        raise TfpartialError(f"metrics: expected one with a value, no case of any run has one of {', '.join(empty)}")
    for metric in empty:
        logger.warning("%s: no case of any run has a value", metric)


def _choose(config: CompareConfig, ranked: Sequence[CaseId]) -> list[tuple[CaseId, str]]:
    return name_ranks(ranked, config.draw) if config.draw else pick_cases(ranked, config.cases)


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("compare"))
