"""The folder that a page is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tfpartial.comparison.runs import SWEEP, Run
from tfpartial.config import ReportConfig
from tfpartial.finished_stages import FoundStage, find_stages, read_object
from tfpartial.report.charts.styles import Style, style_of
from tfpartial.report.scores_by_place import Results, read_results
from tfpartial.yaml_file import read_yaml

EXPERIMENT = "experiment.yaml"
RUNNERS = ("run", "sweep")
OF_METHODS = ("train", "score", "relabel", "rank")
"""Verbs whose stages the page shows by method."""
WINDOW_HU = (-160.0, 300.0)


@dataclass(frozen=True)
class RunFolder:
    """A run, a sweep, or any folder with stages in it.

    Args:
        config: what the page shall show.
        stages: the stages in the folder, sorted by name.
    """

    config: ReportConfig
    stages: tuple[FoundStage, ...]

    @classmethod
    def open(cls, config: ReportConfig) -> RunFolder:
        """Finds the stages. Raises `TfpartialError` when there is none."""
        return cls(config, find_stages(config.folder))

    @property
    def root(self) -> Path:
        """The folder."""
        return self.config.folder

    @property
    def name(self) -> str:
        """Its name."""
        return self.root.resolve().name

    def of(self, verb: str) -> list[FoundStage]:
        """The stages of a verb."""
        return [stage for stage in self.stages if stage.verb == verb]

    @cached_property
    def experiment(self) -> Mapping[str, Any]:
        """The file that a run or a sweep leaves of itself; empty for other folders."""
        path = self.root / EXPERIMENT
        if not path.is_file():
            return {}
        content = read_yaml(path, "YAML file of an experiment")
        return content if isinstance(content, dict) else {}

    @property
    def runner(self) -> str | None:
        """The verb that made the folder: `run` or `sweep`; None for other folders."""
        return next((verb for verb in RUNNERS if verb in self.experiment), None)

    @property
    def planned(self) -> list[str]:
        """The verbs of the experiment, in their order."""
        options = self.experiment.get(self.runner or "") or {}
        entries = options.get("stages") or [verb for verb in self.experiment if verb not in RUNNERS]
        return [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries]

    @property
    def window_hu(self) -> tuple[float, float]:
        """What pictures show black and white: as asked for; else what the first network was trained on."""
        if self.config.window_hu is not None:
            return self.config.window_hu
        low, high = next((stage.options["window_hu"] for stage in self.of("train") if "window_hu" in stage.options), WINDOW_HU)
        return low, high

    @cached_property
    def cells(self) -> list[dict[str, Any]]:
        """The table of the cells of a sweep; empty for other folders."""
        return list(read_object(self.root / SWEEP).get("cells", []))

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """The methods, in the order of the experiment; a method's place gives its colour."""
        named = [str(cell["method"]) for cell in self.cells if cell.get("method")]
        others = sorted(self.method_of(stage) for verb in OF_METHODS for stage in self.of(verb))
        return tuple(dict.fromkeys([*named, *others]))

    def method_of(self, stage: FoundStage) -> str:
        """The method of a stage, by the last of its folders when that tells methods apart; a run of one method bears its name."""
        names = {other.place.method for other in self.of(stage.verb)}
        ends = {name.rpartition("/")[2] for name in names}
        method = stage.place.method.rpartition("/")[2] if len(ends) == len(names) else stage.place.method
        return method or self.name

    def label_of(self, stage: FoundStage) -> str:
        """Method, share of labels, fold and seed of a stage."""
        return stage.place._replace(method=self.method_of(stage)).label

    def style(self, method: str) -> Style:
        """The look of a method."""
        return style_of(self.methods.index(method))

    @cached_property
    def results(self) -> Results:
        """What was scored. Of several scores at one place, the last count: they are of what the earlier ones led to."""
        last = {stage.place: stage for stage in self.of("score") if stage.finished}
        runs = [
            Run(self.method_of(stage), place.alpha, place.fold or 0, stage.folder, place.seed) for place, stage in last.items()
        ]
        return read_results(
            sorted(runs, key=lambda run: (-(run.alpha or 0), run.fold, run.seed or 0, self.methods.index(run.method)))
        )
