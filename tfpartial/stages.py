"""The verbs of the command: one row of one table each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tfpartial import config as configs


@dataclass(frozen=True)
class Output:
    """What a stage leaves in its folder for later ones, which take it as the options that they have.

    Args:
        path: the stage's `out` within its folder; empty for the folder itself.
        gives: the option by which later stages take it; none when no stage does.
        resumes: whether the stage goes on in a folder where it was killed. Else it starts again in an empty one.
        gathers: axes of a sweep along which it takes what all cells give, not only its own.
        lineage: the option by which it takes the models of a fine-tuning, from the one that was trained anew to the latest.
        whole: the option by which it takes the folder of the run or sweep, with all that was done before; none when it does not.
        seed: the option, `group.option` in a group, by which the seeds of a sweep reach it; none for a stage that is the same for
            all seeds, such as the folds and the labels that are removed.
    """

    path: str = ""
    gives: str | None = None
    resumes: bool = False
    gathers: frozenset[str] = frozenset()
    lineage: str | None = None
    whole: str | None = None
    seed: str | None = None


class Stage(NamedTuple):
    """A verb.

    Args:
        module: where its `run` is.
        config: what it can be told.
        output: what it leaves as a stage of an experiment; none for a verb that cannot be one.
        first: the option whose name may be left out before the first word.
        check: a module whose `check` refuses, before an experiment begins, what only the library can judge of the configuration.
    """

    module: str
    config: type
    output: Output | None = None
    first: str | None = None
    check: str | None = None


AXES = frozenset({"method", "alpha", "fold", "seed"})
"""The axes of a sweep."""
STAGES = {
    "phantom": Stage("data_prep.phantom", configs.PhantomConfig, Output("dataset", gives="dataset")),
    "ingest": Stage("data_prep.ingest", configs.IngestConfig, Output("manifest.json", gives="manifest")),
    "split": Stage("data_prep.split", configs.SplitConfig, Output("splits.json", gives="splits")),
    "simulate": Stage("data_prep.simulate", configs.SimulateConfig, Output("annotations.json", gives="annotations")),
    "prepare": Stage("data_prep.prepare", configs.PrepareConfig, Output(gives="store", resumes=True)),
    "coverage": Stage("data_prep.coverage", configs.CoverageConfig, Output()),
    "fingerprint": Stage("data_prep.fingerprint", configs.FingerprintConfig, Output("fingerprint.json")),
    "plan": Stage("data_prep.plan", configs.PlanConfig, Output("plan.yaml")),
    "write": Stage("data_prep.write", configs.WriteConfig, Output("dataset")),
    "info": Stage("data_prep.info", configs.InfoConfig, first="path"),
    "train": Stage(
        "train.segmenter", configs.TrainConfig, Output(gives="model", resumes=True, seed="seed"), check="training.check"
    ),
    "confidence": Stage("train.confidence", configs.ConfidenceConfig, Output(gives="confidence", resumes=True, seed="seed")),
    "prior": Stage("train.prior", configs.PriorConfig, Output(gives="prior")),
    "align": Stage("train.align", configs.AlignConfig, Output(gives="positions")),
    "relabel": Stage("train.relabel", configs.RelabelConfig, Output(gives="labels", resumes=True, seed="estimators.seed")),
    "accept": Stage("train.accept", configs.AcceptConfig, Output(gives="labels")),
    "rank": Stage("evaluate.rank", configs.RankConfig, Output(seed="settings.seed")),
    "pick": Stage("train.pick", configs.PickConfig, Output(gives="model", lineage="models")),
    "run": Stage("train.run", configs.RunConfig, first="config"),
    "sweep": Stage("train.sweep", configs.SweepConfig, first="config"),
    "predict": Stage("evaluate.predict", configs.PredictConfig, Output(gives="predictions")),
    "score": Stage("evaluate.score", configs.ScoreConfig, Output(gives="scores")),
    "compare": Stage("evaluate.compare", configs.CompareConfig, Output(gathers=AXES)),
    "overlay": Stage("evaluate.overlay", configs.OverlayConfig, Output()),
    "audit": Stage("evaluate.audit", configs.AuditConfig, Output()),
    "report": Stage("evaluate.report", configs.ReportConfig, Output("report.html", gathers=AXES, whole="folder"), "folder"),
    "inspect": Stage("evaluate.inspection", configs.InspectConfig, Output()),
    "verify": Stage("evaluate.verify", configs.VerifyConfig, first="folder"),
    "export": Stage("evaluate.export", configs.ExportConfig, Output()),
}
"""The verbs, in the order of the data."""
OUTPUTS = {verb: stage.output for verb, stage in STAGES.items() if stage.output is not None}
"""The verbs that can be stages of an experiment."""
SECTIONS = (*STAGES, configs.CURRICULUM)
"""What a configuration file may have sections for."""
