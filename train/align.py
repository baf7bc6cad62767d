"""Find where the organs are in the cases of a fold without their labels, for the prior."""

from typing import Any

from tfpartial import cli
from tfpartial.config import AlignConfig
from tfpartial.data.split import read_fold
from tfpartial.inference.find_organs import OrganFinder
from tfpartial.priors.align_cases import align_cases
from tfpartial.priors.position_table import summary_of_errors, table, write_table
from tfpartial.priors.positions import write_positions
from tfpartial.priors.spatial_prior import read_prior
from tfpartial.progress import track
from tfpartial.provenance import begin, finish
from tfpartial.training.card import require_same_data
from tfpartial.training.cases import read_training_cases


def run(config: AlignConfig) -> dict[str, Any]:
    """Writes `positions.json` and `positions.csv`."""
    cases = read_training_cases(config.store, config.splits, config.fold, config.annotations)
    test = read_fold(config.splits, config.fold).test
    prior = read_prior(config.prior).of_organs(cases.store.organs.names)
    finder = OrganFinder.load(config.model, config.checkpoint, config.batch)
    require_same_data(finder.card, cases.store, config.model)
    begin(config.out, "align", config)
    total = len(cases.train) + len(cases.val) + len(test)
    positions = dict(track(align_cases(finder, cases, test, prior, config.search, config.truth), "align", total))
    write_positions(positions, config.out)
    rows = table(cases, test, positions)
    write_table(rows, config.out)
    summary = {"folder": str(config.out), "cases": total, "organs": summary_of_errors(rows, cases.store.organs.names)}
    finish(config.out, summary)
    return summary


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("align"))
