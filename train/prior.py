"""Average where each organ is, over the annotated training cases of a fold."""

from typing import Any

from tfpartial import cli
from tfpartial.config import PriorConfig
from tfpartial.data.fold.training_cases import read_training_cases
from tfpartial.priors.of_fold import prior_of_fold
from tfpartial.priors.prior_picture import draw_prior
from tfpartial.priors.spatial_prior import write_prior
from tfpartial.provenance import begin, finish


def run(config: PriorConfig) -> dict[str, Any]:
    """Writes `prior.npz` and `prior.png`."""
    cases = read_training_cases(config.store, config.splits, config.fold, config.annotations)
    begin(config.out, "prior", config)
    prior = prior_of_fold(config, cases)
    write_prior(prior, config.out)
    draw_prior(prior, config.out / "prior.png")
    organs = [
        {
            "organ": organ,
            "cases": own.cases,
            "bins": own.probability.shape[0],
            "depth": own.depth,
            "rows": own.probability.shape[1],
            "columns": own.probability.shape[2],
        }
        for organ, own in prior.priors.items()
    ]
    summary = {"folder": str(config.out), "unit": prior.unit, "organs": organs}
    finish(config.out, summary)
    return summary


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("prior"))
