"""Train the confidence network of a segmenter on the training cases of a fold."""

from typing import Any

from tfpartial import cli
from tfpartial.confidence.fit import fit
from tfpartial.config import ConfidenceConfig
from tfpartial.data.fold.training_cases import read_training_cases
from tfpartial.provenance import finish, summary_of
from tfpartial.stage_folder import open_stage
from tfpartial.training.callbacks import STATE
from tfpartial.training.step_bar import StepBar


def run(config: ConfidenceConfig) -> dict[str, Any]:
    """Trains, or resumes, or says that it is done."""
    cases = read_training_cases(config.store, config.splits, config.fold, config.annotations)
    if not open_stage(config.out, "confidence", config, progress=STATE):
        progress = fit(config, cases, [StepBar()])
        finish(
            config.out,
            {
                "mode": config.mode,
                "loss": config.loss,
                "balance": config.balance,
                "segmenters out of fold": len(config.segmenters),
                "training cases": len(cases.train),
                "epochs": progress.epochs,
                "minutes": progress.seconds / 60,
            },
        )
    return {"folder": str(config.out)} | summary_of(config.out)


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("confidence"))
