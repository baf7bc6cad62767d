"""Find where the organs are in the cases of a fold without their labels, for the prior."""

import math
from typing import Any

from tfpartial import cli
from tfpartial.artifacts import write_text
from tfpartial.config import AlignConfig
from tfpartial.data.fold.positions import write_positions
from tfpartial.data.fold.split import read_fold
from tfpartial.data.fold.training_cases import read_training_cases
from tfpartial.inference.align_cases import align_cases
from tfpartial.priors.position_errors import PlaceErrors, error_table, errors_by_organ, errors_of_all, read_position_table, unseen
from tfpartial.priors.position_table import table, write_table
from tfpartial.priors.spatial_prior import read_prior
from tfpartial.progress import track
from tfpartial.provenance import begin, finish
from tfpartial.segmenter.card import require_same_data
from tfpartial.segmenter.find_organs import OrganFinder
from tfpartial.text_table import markdown


def run(config: AlignConfig) -> dict[str, Any]:
    """Writes `positions.json`, `positions.csv`, and the errors of the places, `positions.md`."""
    cases = read_training_cases(config.store, config.splits, config.fold, config.annotations)
    test = read_fold(config.splits, config.fold).test
    prior = read_prior(config.prior).of_organs(cases.store.organs.names)
    finder = OrganFinder.load(config.model, config.checkpoint, config.batch)
    require_same_data(finder.card, cases.store, config.model)
    begin(config.out, "align", config)
    total = len(cases.train) + len(cases.val) + len(test)
    positions = dict(track(align_cases(finder, cases, test, prior, config.search, config.truth), "align", total))
    write_positions(positions, config.out)
    write_table(table(cases, test, positions), config.out)
    looked_for = unseen(read_position_table(config.out))
    errors = errors_by_organ(looked_for)
    write_text(config.out / "positions.md", markdown(error_table([*errors, errors_of_all(looked_for)])))
    organs = [{"organ": own.organ, "cases": own.cases, **own.states, **_errors(own)} for own in errors]
    summary = {"folder": str(config.out), "cases": total, "organs": organs}
    finish(config.out, summary)
    return summary


def _errors(own: PlaceErrors) -> dict[str, float | None]:
    means = {"coarse mm": own.coarse.mean, "searched mm": own.searched.mean}
    return {name: None if math.isnan(length) else round(length, 2) for name, length in means.items()}


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("align"))
