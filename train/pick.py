"""Choose the model of a curriculum at which the validation DSC has not fallen yet."""

import math
from typing import Any

from tfpartial import cli
from tfpartial.artifacts import write_json
from tfpartial.config import PickConfig
from tfpartial.experiment.pick import copy_model, last_validation_dsc, pick
from tfpartial.provenance import begin, finish


def run(config: PickConfig) -> dict[str, Any]:
    """Leaves the chosen model's files, and `choice.json` with every model's validation DSC and the reason.

    Raises:
        TfpartialError: a folder is none of a training.
    """
    dsc = [last_validation_dsc(model) for model in config.models]
    step, reason = pick(dsc)
    begin(config.out, "pick", config)
    copy_model(config.models[step], config.out)
    models = [
        {"step": place, "model": str(model), "validation_dsc": None if math.isnan(value) else value}
        for place, (model, value) in enumerate(zip(config.models, dsc, strict=True))
    ]
    write_json(config.out / "choice.json", {"step": step, "reason": reason, "models": models})
    summary = {"folder": str(config.out), "step": step, "model": str(config.models[step]), "reason": reason}
    finish(config.out, summary)
    return summary


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("pick"))
