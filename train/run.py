"""Do the stages of an experiment in their order, and go on where it stopped."""

from __future__ import annotations

from typing import Any

from tfpartial import cli
from tfpartial.config import RunConfig
from tfpartial.experiment.curriculum import expanded
from tfpartial.experiment.plan import Point, plan
from tfpartial.experiment.runner import folder_of, forecast, redo, require_all_usable, rows, until, work_through
from tfpartial.experiment.specification import read_experiment, specify, write_experiment


def run(config: RunConfig) -> dict[str, Any]:
    """Does what is not finished; each stage in a folder `<out>/<nn-verb>` and a process of its own.

    Raises:
        TfpartialError: the experiment does not fit together, what is there is of another one, or a stage failed.
    """
    sections = read_experiment(config.experiment, config.set)
    root = folder_of(config)
    stages = plan(expanded(specify(config.stages, sections)), root, Point({"fold": config.fold}, {}))
    chosen = until([stages], config.until)
    if config.dry_run:
        return {"run": str(root), "stages": forecast(chosen, config.redo)}
    if config.redo is not None:
        redo(stages, config.redo)
    require_all_usable(chosen)
    write_experiment(root / "experiment.yaml", "run", config, sections)
    work_through(chosen)
    return {"run": str(root), "stages": rows(chosen)}


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("run"))
