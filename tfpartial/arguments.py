"""From the words of a command line to a stage's configuration."""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from jsonargparse import ArgumentError, ArgumentParser

from tfpartial.config.recipes import recipe_options
from tfpartial.config.renamed import refuse_renamed
from tfpartial.errors import TfpartialError
from tfpartial.free_options import merged, require_groups, take_free, with_free
from tfpartial.yaml_file import parse_yaml, read_yaml

FLAGS = {
    "json": "print the summary as JSON",
    "quiet": "log warnings only",
    "debug": "show the traceback of an error",
}
RECIPE = "recipe"
"""The option that fills in others (`tfpartial.config.recipes`)."""
_VALUE = re.compile(r"^(?!-)|^-[\d.]")


class Options(NamedTuple):
    """What a command line asks for."""

    config: Any
    quiet: bool


def parse(verb: str, config_class: type, words: list[str], verbs: tuple[str, ...]) -> Options:
    """Builds a stage's configuration.

    Args:
        verb: the stage.
        config_class: its frozen dataclass.
        words: the words after the verb. `--config FILE` gives the section `verb` of a YAML file; later words override it.
        verbs: every verb, to tell a section from a misspelled one.

    Raises:
        TfpartialError: the file is missing, is not YAML, or has an unknown section.
        SystemExit: unusable words (status 2), or help was asked for (status 0); jsonargparse has said why.
    """
    parser = _parser(verb, config_class)
    words = _added_to(config_class, _join_sequences(config_class, _name_experiment(config_class, words)))
    refuse_renamed(verb, (word[2:].partition("=")[0] for word in words if word.startswith("--")))
    words, free = take_free(config_class, words)
    chosen = parser.parse_args(_section_for_file(verb, config_class, words, verbs, free))
    flags = {name: chosen.pop(name) for name in FLAGS}
    return Options(_instance(config_class, parser.instantiate(chosen)), flags["quiet"])


def build(verb: str, config_class: type, options: dict[str, Any]) -> Any:
    """A stage's configuration from its options by name, as a section of a YAML file has them.

    Raises:
        TfpartialError: an unknown or missing option, or a value that is not what the option takes.
    """
    refuse_renamed(verb, paths(options))
    require_groups(verb, config_class, options)
    options = merged(recipe_options(verb, options.get(RECIPE)), options)
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(config_class)
    try:
        return _instance(config_class, parser.instantiate(parser.parse_object(options)))
    except ArgumentError as error:
        raise TfpartialError(f"{verb}: {' '.join(str(error).split())}") from error


def _instance(config_class: type, values: Any) -> Any:
    return config_class(**{field.name: _at_home(values[field.name]) for field in dataclasses.fields(config_class)})


def _at_home(value: Any) -> Any:
    """An option with the paths in it that begin with `~` in the home folder, where a shell would have them."""
    if isinstance(value, Path) and value.parts[:1] and value.parts[0].startswith("~"):
        with suppress(RuntimeError):  # no such user: the name of a file
            return value.expanduser()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = {field.name: _at_home(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **changed)
    if isinstance(value, dict):
        return {name: _at_home(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_at_home(item) for item in value)
    return value


def _parser(verb: str, config_class: type) -> ArgumentParser:
    first_line = (config_class.__doc__ or "").splitlines()[0]
    parser = ArgumentParser(prog=f"tfpartial {verb}", description=first_line)
    parser.add_argument("--config", action="config", help=f"YAML file; its section '{verb}' is read")
    for name, help_text in FLAGS.items():
        parser.add_argument(f"--{name}", action="store_true", help=help_text)
    parser.add_class_arguments(config_class)
    return parser


def _name_experiment(config_class: type, words: list[str]) -> list[str]:
    """A stage that does other stages reads their sections too: it is told the file whose section it was given."""
    if "--config" not in words[:-1] or "experiment" not in {field.name for field in dataclasses.fields(config_class)}:
        return words
    return ["--experiment", words[words.index("--config") + 1], *words]


def _join_sequences(config_class: type, words: list[str]) -> list[str]:
    """`--size 128 128` becomes one YAML list; `--empty-share` is `--empty_share`; a switch needs no word."""
    hints = typing.get_type_hints(config_class)
    switches = {name for name, hint in hints.items() if hint is bool}
    sequences = {name for name, hint in hints.items() if is_sequence(hint)}
    joined: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        option, equals, value = word.partition("=")
        if option.startswith("--"):
            word = option.replace("-", "_").replace("__", "--", 1) + equals + value
        joined.append(word)
        if word[2:] in switches and (not rest or rest[0].startswith("--")):
            joined.append("true")
        if word[2:] in sequences and rest and not rest[0].startswith("["):
            values = []
            while rest and _VALUE.match(rest[0]):
                values.append(rest.pop(0))
            joined.append(yaml.safe_dump([_word(value) for value in values], default_flow_style=True).strip())
    return joined


def _added_to(config_class: type, words: list[str]) -> list[str]:
    """`--set a --set b` is `--set a b`: an option of several values that is given again adds to them, and replaces none."""
    hints = typing.get_type_hints(config_class)
    lists = {f"--{name}" for name, hint in hints.items() if _is_list(hint)}
    seen: set[str] = set()
    added = []
    for word in words:
        option, equals, value = word.partition("=")
        added.append(f"{option}+{equals}{value}" if option in lists & seen else word)
        seen.add(option)
    return added


def _word(text: str) -> Any:
    try:
        return parse_yaml(text)
    except ValueError:
        return text  # jsonargparse says what it expects there


def _is_list(hint: Any) -> bool:
    return any(typing.get_origin(part) is list for part in (hint, *typing.get_args(hint))) and typing.get_origin(hint) is not dict


def is_sequence(hint: Any) -> bool:
    """Whether an option of this type takes several values."""
    parts = (hint,) if typing.get_origin(hint) is dict else (hint, *typing.get_args(hint))
    return any(typing.get_origin(part) in (list, tuple) for part in parts)


def _section_for_file(
    verb: str, config_class: type, words: list[str], verbs: tuple[str, ...], free: list[tuple[str, Any]]
) -> list[str]:
    """Replaces the file after `--config` by the text of its section, with a recipe below it and free options put in."""
    replaced = list(words)
    asked = _asked_recipe(words)
    if "--config" not in words[:-1] and (free or asked):
        return ["--config", _as_text(_filled(verb, config_class, asked, free)), *words]
    for place, word in enumerate(words[:-1]):
        if word == "--config":
            section = {**_section(Path(words[place + 1]), verb, verbs), **asked}
            asked = {}  # a recipe lies below the first file
            refuse_renamed(verb, paths(section))
            replaced[place + 1] = _as_text(_filled(verb, config_class, section, free))
        elif word.startswith("--config="):
            raise TfpartialError("--config: expected a space before the file's name, got '='")
    return replaced


def _asked_recipe(words: list[str]) -> dict[str, Any]:
    """The recipe that the words ask for, as a section has it."""
    option = f"--{RECIPE}"
    given = [value for word, value in pairwise(words) if word == option]
    given += [word.partition("=")[2] for word in words if word.startswith(f"{option}=")]
    return {RECIPE: _word(given[-1])} if given else {}


def _filled(verb: str, config_class: type, section: Mapping[str, Any], free: list[tuple[str, Any]]) -> dict[str, Any]:
    """A section with what its recipe says of the other options, and with the free options of the command line."""
    require_groups(verb, config_class, section)
    changed = with_free(config_class, merged(recipe_options(verb, section.get(RECIPE)), section), free)
    require_groups(verb, config_class, changed)
    return changed


def _as_text(section: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(section), default_flow_style=True, sort_keys=False)


def paths(options: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The names of options and groups, as `group.option`."""
    for name, value in options.items():
        yield f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from paths(value, f"{prefix}{name}.")


def _section(path: Path, verb: str, verbs: tuple[str, ...]) -> dict[str, Any]:
    return read_sections(path, verbs).get(verb, {})


def read_sections(path: Path, verbs: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """The options of every section of a configuration file, in its order.

    Raises:
        TfpartialError: the file is missing, is not YAML, or has a section that is no verb or holds no options.
    """
    content = read_yaml(path, "YAML configuration")
    if not isinstance(content, dict):
        raise TfpartialError(f"{path}: expected one section per verb, got {type(content).__name__}")
    unknown = sorted(set(content) - set(verbs))
    if unknown:
        raise TfpartialError(f"{path}: unknown section {', '.join(map(str, unknown))}; expected {', '.join(verbs)}")
    return {verb: _options(path, verb, section) for verb, section in content.items()}


def _options(path: Path, verb: str, section: Any) -> dict[str, Any]:
    if not isinstance(section or {}, dict):
        raise TfpartialError(f"{path}: section '{verb}': expected option: value lines, got {type(section).__name__}")
    return section or {}
