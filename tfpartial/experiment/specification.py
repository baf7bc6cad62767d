"""From an experiment file to the list of its stages with their options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tfpartial.arguments import read_sections
from tfpartial.artifacts import write_text
from tfpartial.config import CURRICULUM, CurriculumConfig, RunConfig, StageEntry, SweepConfig
from tfpartial.errors import TfpartialError
from tfpartial.free_options import merged, set_option
from tfpartial.provenance import plain
from tfpartial.stages import OUTPUTS, SECTIONS, STAGES
from tfpartial.yaml_file import parse_yaml

RUNNERS = ("run", "sweep")
"""Verbs whose sections tell how the other sections are done."""
ONCE = ("experiment", "out", "set", "until", "redo", "dry_run", "scheduler", "connect_timeout_s")
"""Their options that say nothing of the experiment itself, or are in its sections already."""
Sections = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class StageSpec:
    """A stage as the experiment asks for it.

    Args:
        number: its place in the experiment, from 1; of a curriculum, that of the stage after it.
        verb: the stage, or `curriculum`, which stands for several: see `tfpartial.experiment.curriculum`.
        options: its options, without those that come from other stages.
        of_method: whether methods of a sweep differ in it.
        model_of: number of the `train` whose model it takes; none takes the model of the latest stage before it that gives one.
    """

    number: int
    verb: str
    options: Mapping[str, Any]
    of_method: bool = False
    model_of: int | None = None


def read_experiment(path: Path, settings: Sequence[str] = ()) -> Sections:
    """The options of each stage's section, in the order of the file.

    Args:
        path: YAML file with one section per verb, and `curriculum`.
        settings: options that replace those of the file, as `verb.option=value`.

    Raises:
        TfpartialError: the file cannot be read, or a section or a setting is not one of a stage.
    """
    sections = {verb: options for verb, options in read_sections(path, SECTIONS).items() if verb not in RUNNERS}
    for verb in sections:
        _require_stage(verb, f"{path}: section")
    for setting in settings:
        _apply(setting, sections)
    return sections


def specify(entries: Sequence[StageEntry] | None, sections: Sections, first: int = 1) -> list[StageSpec]:
    """The stages of a list.

    Args:
        entries: the list; none takes the sections in their order.
        sections: the options that stages have when their entry does not say otherwise.
        first: number of the first stage.

    Raises:
        TfpartialError: an empty list, an entry with several verbs, or a verb that is no stage.
    """
    entries = list(sections) if entries is None else entries
    if not entries:
        raise TfpartialError("stages: expected at least one section or entry, got none")
    specs = []
    for entry in entries:
        verb, options = _specify(entry, sections)
        specs.append(StageSpec(first, verb, options))
        first += verb != CURRICULUM
    return specs


def write_experiment(path: Path, runner: str, config: RunConfig | SweepConfig, sections: Sections) -> None:
    """Writes the experiment as it is done, with all that the command line said of it: `tfpartial run FILE` repeats it."""
    kept = {name: value for name, value in plain(config).items() if name not in ONCE}
    write_text(path, yaml.safe_dump({runner: kept, **sections}, sort_keys=False))


def _specify(entry: StageEntry, sections: Sections) -> tuple[str, dict[str, Any]]:
    if isinstance(entry, str):
        entry = {entry: {}}
    if len(entry) != 1:
        raise TfpartialError(f"stages: expected one verb per entry, got {', '.join(entry) or 'none'}")
    ((verb, changes),) = entry.items()
    _require_stage(verb, "stages:")
    return verb, merged(sections.get(verb, {}), changes or {})


def _require_stage(verb: str, where: str) -> None:
    choice = (*OUTPUTS, CURRICULUM)
    if verb not in choice:
        raise TfpartialError(f"{where} '{verb}' is no stage of an experiment; expected one of {', '.join(choice)}")


def _apply(setting: str, sections: Sections) -> None:
    """Puts `verb.group.option=value` into its section."""
    name, equals, value = setting.partition("=")
    verb, *groups = name.split(".")
    if not equals or not groups:
        raise TfpartialError(f"set: expected verb.option=value, such as train.epochs=2, got '{setting}'")
    if verb not in sections:
        raise TfpartialError(f"set: '{setting}' is for none of the sections {', '.join(sections)}")
    try:
        change = parse_yaml(value)
    except ValueError as error:
        raise TfpartialError(f"set: expected a YAML value, got '{setting}'") from error
    sections[verb] = set_option(_config_class(verb), sections[verb], ".".join(groups), change)


def _config_class(verb: str) -> type:
    return CurriculumConfig if verb == CURRICULUM else STAGES[verb].config
