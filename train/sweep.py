"""Do an experiment for every method, share of labels and fold; what cells have in common is done once."""

from __future__ import annotations

from typing import Any

from tfpartial import cli
from tfpartial.config import SweepConfig
from tfpartial.errors import PartlyDone
from tfpartial.experiment.cells import CellTable
from tfpartial.experiment.methods import method_specs
from tfpartial.experiment.runner import folder_of, forecast, redo, require_all_usable, rows, until, work_through
from tfpartial.experiment.specification import read_experiment, specify, write_experiment
from tfpartial.experiment.sweep import plan_sweep
from tfpartial.parallel import scheduler_of
from tfpartial.progress import track


def run(config: SweepConfig) -> dict[str, Any]:
    """Does the shared stages, then the cells, then what compares them.

    Raises:
        TfpartialError: the experiment does not fit together, what is there is of another one, or a shared stage failed.
        PartlyDone: some cells failed; all others are finished.
    """
    sections = read_experiment(config.experiment, config.set)
    root = folder_of(config)
    methods = method_specs(specify(config.stages, sections), config.methods, sections)
    full = plan_sweep(methods, root, config.alphas, config.folds, config.only, config.seeds)
    plan = full.only(until(full.chains, config.until))
    if config.dry_run:
        return {"sweep": str(root), "stages": forecast(plan.stages(), config.redo)}
    if config.redo is not None:
        redo(full.stages(), config.redo)
    require_all_usable(plan.stages())
    write_experiment(root / "experiment.yaml", "sweep", config, sections)
    work_through(plan.shared)
    table = CellTable(root, plan.cells)
    for _ in track(table.do(scheduler_of(config)), "cells", len(table.waiting())):
        pass
    summary = {"sweep": str(root), "cells": table.rows}
    if table.failed:
        raise PartlyDone(f"{len(table.failed)} of {len(table.rows)} cells failed; the same command tries them again", summary)
    work_through(plan.closing)
    return summary | {"comparisons": rows(plan.closing)}


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("sweep"))
