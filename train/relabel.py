"""Give organs that nobody annotated in a case the voxels that a segmenter is most sure of."""

from typing import Any

from tfpartial import cli
from tfpartial.artifacts import write_json, write_text
from tfpartial.confidence.predictor import ConfidentPredictor
from tfpartial.config import Estimator, RelabelConfig
from tfpartial.data.fold.pseudo_label_writer import LAYERS, undo
from tfpartial.data.fold.training_cases import TrainingCases, read_training_cases
from tfpartial.errors import TfpartialError
from tfpartial.progress import track
from tfpartial.provenance import finish, summary_of
from tfpartial.relabel.step import cases_to_relabel, finish_step, relabel
from tfpartial.relabel.steps import read_steps, step_table
from tfpartial.segmenter.card import require_same_data
from tfpartial.stage_folder import open_stage
from tfpartial.text_table import markdown

BEGUN = "begun.json"
STEPS = "steps.md"
"""Share, precision and recall of each step, as in the thesis's Table 3.8."""


def run(config: RelabelConfig) -> dict[str, Any]:
    """Writes a step's layers, audit and summary; goes on where it was killed; or removes steps."""
    if config.undo is not None:
        return {"labels": str(config.out), "steps": undo(config.out, config.undo)}
    cases = _cases(config)
    waiting = cases_to_relabel(cases)
    if not waiting:
        raise TfpartialError("relabel: every organ is annotated in every training case of this fold; there is nothing to recover")
    if not open_stage(config.out, "relabel", config, progress=BEGUN):
        _do(config, cases, len(waiting))
    return {"labels": str(config.out)} | summary_of(config.out)


def _cases(config: RelabelConfig) -> TrainingCases:
    if config.store is None or config.splits is None:
        raise TfpartialError("relabel: expected store and splits, got none")
    return read_training_cases(config.store, config.splits, config.fold, config.annotations, config.labels, config.positions)


def _do(config: RelabelConfig, cases: TrainingCases, number: int) -> None:
    if config.model is None:
        raise TfpartialError("relabel: expected a model, got none")
    estimator: Estimator = config.estimator or ("learned" if config.confidence else "mcp")
    confidence = config.confidence if estimator == "learned" else None
    predictor = ConfidentPredictor.load(
        config.model, config.checkpoint, estimator, confidence, config.estimators, config.batch, config.background
    )
    require_same_data(predictor.card, cases.store, config.model)
    write_json(config.out / BEGUN, {"cases": number})
    for _ in track(relabel(config, cases, predictor), "relabel", number):
        pass
    content = finish_step(config, cases, estimator)
    write_text(config.out / STEPS, markdown(step_table(read_steps(config.out))))
    organs = [{"organ": organ, **values} for organ, values in content["organs"].items()]
    finish(config.out, {"step": content["step"], **content["overall"], "organs": organs}, below=LAYERS)


if __name__ == "__main__":
    raise SystemExit(cli.stage_main("relabel"))
