"""From the stages of an experiment to folders and complete configurations."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tfpartial.arguments import build, is_sequence
from tfpartial.errors import TfpartialError
from tfpartial.experiment.specification import StageSpec
from tfpartial.provenance import plain
from tfpartial.quiet import import_quietly
from tfpartial.stages import OUTPUTS, STAGES

NOTHING: Mapping[str, PlannedStage] = MappingProxyType({})


@dataclass(frozen=True)
class PlannedStage:
    """A stage with everything that it needs to start.

    Args:
        name: its folder, seen from the folder of the run.
        number: its place in the experiment.
        verb: the stage.
        folder: where it works.
        config: its configuration.
        wired: the options that the plan gave, not the experiment.
        rests_on: names of the stages that it takes something from.
        axes: axes of a sweep along which it differs.
    """

    name: str
    number: int
    verb: str
    folder: Path
    config: Any
    wired: frozenset[str]
    rests_on: frozenset[str]
    axes: frozenset[str]

    @property
    def output(self) -> Path:
        """What later stages take from it."""
        return self.folder / OUTPUTS[self.verb].path

    @property
    def command(self) -> list[str]:
        """The words that do it alone, once its folder has been begun."""
        return ["tfpartial", self.verb, "--config", str(self.folder / "config.yaml")]

    @property
    def resumes(self) -> bool:
        """Whether it goes on in the folder where it was killed."""
        return OUTPUTS[self.verb].resumes

    @property
    def content(self) -> str:
        """The same text for all stages that do the same with the same inputs, wherever they work."""
        return json.dumps([self.verb, plain(self.config) | {"out": None}], sort_keys=True)


@dataclass(frozen=True)
class Point:
    """A place in a sweep, or the only one of a run.

    Args:
        values: option -> value, for every stage that has the option.
        folders: axis -> name of the folder in which its stages are, from the outermost.
        seed: seed of the stages that `OUTPUTS` gives one; none leaves it to them.
    """

    values: Mapping[str, Any]
    folders: Mapping[str, str]
    seed: int | None = None


def plan(specs: Sequence[StageSpec], root: Path, point: Point, known: Mapping[str, PlannedStage] = NOTHING) -> list[PlannedStage]:
    """The stages with their folders, `<root>/<axes>/<nn-verb>`, and their inputs from the latest stage before them that gives it.

    Args:
        specs: the stages that are asked for.
        root: folder of the run.
        point: the place in a sweep.
        known: content -> a stage that is done anyway, and takes the place of one with the same content.

    Raises:
        TfpartialError: an option that the experiment may not have, must have or has wrong, or a stage before one that it needs.
    """
    stages: list[PlannedStage] = []
    givers: dict[str, list[PlannedStage]] = {}
    trained: dict[int, PlannedStage] = {}
    lineage: list[PlannedStage] = []
    for place, spec in enumerate(specs):
        _require_order(spec, givers, specs[place + 1 :])
        taken = givers if spec.model_of is None else givers | {"model": [trained[spec.model_of]]}
        stage = _plan(spec, root, point, taken, lineage)
        stage = known.get(stage.content, stage)
        if OUTPUTS[spec.verb].whole:
            stage = dataclasses.replace(stage, rests_on=frozenset(earlier.name for earlier in stages))
        stages.append(stage)
        gives = OUTPUTS[spec.verb].gives
        if _leaves_out(stage):
            givers["segmenters"] = [*givers.get("segmenters", []), stage]
        elif gives is not None:
            givers[gives] = [stage]
        if spec.verb == "train" and not _leaves_out(stage):
            trained[spec.number] = stage
            lineage = [*lineage, stage] if "model" in stage.wired else [stage]
    return stages


def _leaves_out(stage: PlannedStage) -> bool:
    """Whether it trains one of the segmenters for targets out of fold: a `confidence` takes all of these before it."""
    return stage.verb == "train" and stage.config.leave_out is not None


def after(stages: Iterable[PlannedStage], names: Iterable[str]) -> list[PlannedStage]:
    """The stages of these names and, in their order, all that rest on them."""
    found = set(names)
    chosen = []
    for stage in stages:
        if stage.name in found or stage.rests_on & found:
            found.add(stage.name)
            chosen.append(stage)
    return chosen


def named(stages: Iterable[PlannedStage], name: str, option: str) -> list[PlannedStage]:
    """The stages that a person calls `name`: by verb, by folder, or by the whole path in the run.

    Raises:
        TfpartialError: there is none; the message names `option` and the choice.
    """
    stages = list(stages)
    found = [stage for stage in stages if name in (stage.verb, stage.folder.name, stage.name)]
    if not found:
        choice = ", ".join(dict.fromkeys(stage.folder.name for stage in stages))
        raise TfpartialError(f"{option}: expected one of the stages {choice}, got '{name}'")
    return found


def _plan(
    spec: StageSpec, root: Path, point: Point, givers: Mapping[str, Sequence[PlannedStage]], lineage: Sequence[PlannedStage]
) -> PlannedStage:
    options = _options(spec.verb)
    # An option that the experiment sets to null shall have no value, neither the run's nor that of an earlier stage.
    unwanted = {name for name, value in spec.options.items() if value is None}
    values = {name: value for name, value in point.values.items() if name in options and name not in unwanted}
    if (whole := OUTPUTS[spec.verb].whole) is not None:
        values[whole] = str(root)
    sources = {name: [*givers[name]] for name in options if name in givers and name not in unwanted}
    if (models := OUTPUTS[spec.verb].lineage) is not None and lineage:
        sources[models] = [*lineage]
    wired = {"out": "its folder comes from the run", **dict.fromkeys(values, "the run gives it to all stages")}
    wired |= {name: f"it comes from the stage {stages[-1].name}" for name, stages in sources.items()}
    for name, why in wired.items():
        if name in spec.options:
            raise TfpartialError(f"{spec.verb}.{name}: leave it out, {why}; got {spec.options[name]}")
    needed = [stage for stages in sources.values() for stage in stages]
    seeded = None if point.seed is None else OUTPUTS[spec.verb].seed
    axes = _axes(spec, [*values, *(["seed"] if seeded else [])], needed) & set(point.folders)
    folder = root.joinpath(*(name for axis, name in point.folders.items() if axis in axes), f"{spec.number:02d}-{spec.verb}")
    paths = {name: [str(stage.output) for stage in stages] for name, stages in sources.items()}
    inputs = {name: several if options[name] else several[0] for name, several in paths.items()}
    out = str(folder / OUTPUTS[spec.verb].path)
    own = _with_seed(spec, seeded, point.seed)
    # Null for an option that takes several is none of them, which is its default.
    asked = {name: value for name, value in own.items() if value is not None or not options.get(name)}
    config = build(spec.verb, STAGES[spec.verb].config, {**asked, **values, **inputs, "out": out})
    _check(spec.verb, config)
    rests_on = frozenset(stage.name for stage in needed)
    name = folder.relative_to(root).as_posix()
    return PlannedStage(name, spec.number, spec.verb, folder, config, frozenset(wired), rests_on, frozenset(axes))


def _with_seed(spec: StageSpec, option: str | None, seed: int | None) -> dict[str, Any]:
    """The stage's own options with the seed in its place; the experiment may not give another one."""
    options = dict(spec.options)
    if option is None:
        return options
    *groups, name = option.split(".")
    place = options
    for group in groups:
        place[group] = dict(place.get(group) or {})
        place = place[group]
    if name in place:
        raise TfpartialError(f"{spec.verb}.{option}: leave it out, the sweep's seeds give it; got {place[name]}")
    place[name] = seed
    return options


def _check(verb: str, config: Any) -> None:
    """Refuses now what the stage would refuse hours later."""
    module = STAGES[verb].check
    if module is not None:
        try:
            import_quietly(f"tfpartial.{module}").check(config)
        except TfpartialError as error:
            raise TfpartialError(f"{verb}: {error}") from error


def _axes(spec: StageSpec, values: Iterable[str], sources: Iterable[PlannedStage]) -> set[str]:
    """An axis tells stages apart by an option of its name, by the method's own options, or because their inputs differ."""
    axes = {*values, *(["method"] if spec.of_method else [])}
    axes.update(*(stage.axes for stage in sources))
    return axes - OUTPUTS[spec.verb].gathers


def _options(verb: str) -> dict[str, bool]:
    """The names of a verb's options, and whether each takes several values."""
    return {name: is_sequence(hint) for name, hint in typing.get_type_hints(STAGES[verb].config).items()}


def _require_order(spec: StageSpec, givers: Mapping[str, Sequence[PlannedStage]], later: Sequence[StageSpec]) -> None:
    for field in dataclasses.fields(STAGES[spec.verb].config):
        if field.name in givers or field.name in spec.options or field.name == "out":
            continue
        givers_later = (other.verb for other in later if OUTPUTS[other.verb].gives == field.name)
        # Stages that take turns give it for the next round: `train` stands before `relabel`, and after it again.
        giver = next((verb for verb in givers_later if verb not in _upstream(verb)), None)
        if giver is not None:
            raise TfpartialError(f"{spec.verb}: stands before {giver}, which gives its {field.name}; put {giver} first")
        givers_of = [verb for verb, output in OUTPUTS.items() if output.gives == field.name]
        if givers_of and field.default is field.default_factory is dataclasses.MISSING:
            raise TfpartialError(f"{spec.verb}: has no {field.name}; add the section {givers_of[0]} before it, or the option")


@cache
def _upstream(verb: str) -> frozenset[str]:
    """The verbs on which a stage can rest, directly or not."""
    found: set[str] = set()
    to_see = {verb}
    while to_see:
        current = to_see.pop()
        taken = {*_options(current), *(["model"] if OUTPUTS[current].lineage else [])}
        givers = {other for other, output in OUTPUTS.items() if output.gives in taken}
        to_see |= givers - found
        found |= givers
    return frozenset(found)
