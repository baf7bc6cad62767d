"""Train a segmenter on the training cases of a fold."""

import math
from typing import Any

from tfpartial import cli
from tfpartial.config import TrainConfig
from tfpartial.data.fold.training_cases import read_training_cases
from tfpartial.provenance import finish, summary_of
from tfpartial.segmenter.card import read_card
from tfpartial.segmenter.seen_cases import write_seen_cases
from tfpartial.stage_folder import open_stage
from tfpartial.training.callbacks import STATE
from tfpartial.training.check import check
from tfpartial.training.fit import fit
from tfpartial.training.step_bar import StepBar


def run(config: TrainConfig) -> dict[str, Any]:
    """Trains, or resumes, or says that it is done."""
    check(config)
    source = (config.store, config.splits, config.fold, config.annotations, config.labels, config.positions)
    cases = read_training_cases(*source, ignore_pseudo=config.pseudo_labels == "ignore", leave_out=config.leave_out)
    if not open_stage(config.out, "train", config, progress=STATE):
        write_seen_cases(config.out, cases.train, cases.val, config.model)
        progress = fit(config, cases, [StepBar()])
        card = read_card(config.out)
        finish(
            config.out,
            {
                "method": config.method,
                "rule": card.rule,
                "training cases": len(cases.train),
                "validation cases": len(cases.val),
                "epochs": progress.epochs,
                "best validation DSC": None if math.isnan(progress.best_dsc) else progress.best_dsc,
                "minutes": progress.seconds / 60,
            },
        )
    return {"folder": str(config.out)} | summary_of(config.out)


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("train"))
