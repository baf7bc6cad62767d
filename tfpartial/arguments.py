"""From the words of a command line to a stage's configuration."""

from __future__ import annotations

import dataclasses
import re
import typing
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from jsonargparse import ArgumentParser

from tfpartial.errors import TfpartialError

FLAGS = {
    "json": "print the summary as JSON",
    "quiet": "log warnings only",
    "debug": "show the traceback of an error",
}
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
    chosen = parser.parse_args(_section_for_file(verb, _join_sequences(config_class, words), verbs))
    flags = {name: chosen.pop(name) for name in FLAGS}
    config = parser.instantiate(chosen)
    values = {field.name: config[field.name] for field in dataclasses.fields(config_class)}
    return Options(config_class(**values), flags["quiet"])


def _parser(verb: str, config_class: type) -> ArgumentParser:
    first_line = (config_class.__doc__ or "").splitlines()[0]
    parser = ArgumentParser(prog=f"tfpartial {verb}", description=first_line)
    parser.add_argument("--config", action="config", help=f"YAML file; its section '{verb}' is read")
    for name, help_text in FLAGS.items():
        parser.add_argument(f"--{name}", action="store_true", help=help_text)
    parser.add_class_arguments(config_class)
    return parser


def _join_sequences(config_class: type, words: list[str]) -> list[str]:
    """`--size 128 128` and `--images a b` become one YAML list each; `--empty-share` becomes `--empty_share`."""
    hints = typing.get_type_hints(config_class)
    sequences = {name for name, hint in hints.items() if _is_sequence(hint)}
    joined: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        option, equals, value = word.partition("=")
        if option.startswith("--"):
            word = option.replace("-", "_").replace("__", "--", 1) + equals + value
        joined.append(word)
        if word[2:] in sequences and rest and not rest[0].startswith("["):
            values = []
            while rest and _VALUE.match(rest[0]):
                values.append(rest.pop(0))
            joined.append(yaml.safe_dump([yaml.safe_load(value) for value in values], default_flow_style=True).strip())
    return joined


def _is_sequence(hint: Any) -> bool:
    return any(typing.get_origin(part) in (list, tuple) for part in (hint, *typing.get_args(hint)))


def _section_for_file(verb: str, words: list[str], verbs: tuple[str, ...]) -> list[str]:
    """Replaces the file after `--config` by the text of its section."""
    replaced = list(words)
    for place, word in enumerate(words[:-1]):
        if word == "--config":
            replaced[place + 1] = yaml.safe_dump(_section(Path(words[place + 1]), verb, verbs), default_flow_style=True)
        elif word.startswith("--config="):
            raise TfpartialError("--config: expected a space before the file's name, got '='")
    return replaced


def _section(path: Path, verb: str, verbs: tuple[str, ...]) -> dict[str, Any]:
    if not path.is_file():
        raise TfpartialError(f"{path}: no such file; expected a YAML configuration")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise TfpartialError(f"{path}: expected YAML, got {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise TfpartialError(f"{path}: expected one section per verb, got {type(content).__name__}")
    unknown = sorted(set(content) - set(verbs))
    if unknown:
        raise TfpartialError(f"{path}: unknown section {', '.join(map(str, unknown))}; expected {', '.join(verbs)}")
    section = content.get(verb) or {}
    if not isinstance(section, dict):
        raise TfpartialError(f"{path}: section '{verb}': expected option: value lines, got {type(section).__name__}")
    return section
