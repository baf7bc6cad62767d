"""Options whose names no configuration class knows: those of networks, loss terms and trainers."""

from __future__ import annotations

import copy
import dataclasses
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tfpartial.config.common import OptionGroups, Options
from tfpartial.errors import TfpartialError
from tfpartial.yaml_file import parse_yaml


def merged(options: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`options` with `changes`; groups of options are merged too."""
    result = dict(options)
    for name, value in changes.items():
        result[name] = _merged_value(result.get(name), value)
    return copy.deepcopy(result)


def set_option(config_class: type, options: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """`options` with the option `group.option` set to a value; a group is merged with what is there.

    Where it is one of free options that are not there yet, it is added to the default ones. The free options as a whole are
    replaced.
    """
    changed = copy.deepcopy(dict(options))
    defaults = free_defaults(config_class)
    *groups, name = path.split(".")
    inner = changed
    for depth, group in enumerate(groups, start=1):
        if not isinstance(inner.get(group), dict):
            inner[group] = copy.deepcopy(defaults.get(".".join(groups[:depth]), {}))
        inner = inner[group]
    inner[name] = value if path in defaults else _merged_value(inner.get(name), value)
    return changed


def free_defaults(config_class: type, prefix: str = "") -> dict[str, dict[str, Any]]:
    """The options of a configuration class that hold free ones, as `group.option`, with their defaults."""
    found: dict[str, dict[str, Any]] = {}
    hints = typing.get_type_hints(config_class)
    for field in dataclasses.fields(config_class):
        hint, name = hints[field.name], f"{prefix}{field.name}"
        if dataclasses.is_dataclass(hint):
            found |= free_defaults(typing.cast(type, hint), f"{name}.")
        elif hint in (Options, OptionGroups) and field.default_factory is not dataclasses.MISSING:
            found[name] = field.default_factory()
    return found


def require_groups(verb: str, config_class: type, options: Mapping[str, Any]) -> None:
    """Raises `TfpartialError` where a group of options, or free options, are not names with values."""
    for path, example in {**_groups(config_class), **dict.fromkeys(free_defaults(config_class), "NAME")}.items():
        value: Any = options
        for name in path.split("."):
            if not isinstance(value, Mapping) or name not in value:
                break
            value = value[name]
        else:
            if not isinstance(value, Mapping):
                got = "nothing" if value is None else repr(value)
                raise TfpartialError(f"{verb}.{path}: expected options, such as {{{example}: VALUE}}, got {got}")


def _groups(config_class: type, prefix: str = "") -> dict[str, str]:
    """The groups of options of a configuration class, as `group.group`, and the first option of each."""
    found: dict[str, str] = {}
    for name, hint in typing.get_type_hints(config_class).items():
        if dataclasses.is_dataclass(hint):
            found[f"{prefix}{name}"] = dataclasses.fields(hint)[0].name
            found |= _groups(typing.cast(type, hint), f"{prefix}{name}.")
    return found


def take_free(config_class: type, words: list[str]) -> tuple[list[str], list[tuple[str, Any]]]:
    """Divides words into those that jsonargparse reads, and free options (`--loss.terms.dice.weight 2`) with their values.

    Raises:
        TfpartialError: an option without a value, or with one that is not YAML; a group of options that is given as one.
    """
    free = [f"--{name}" for name in free_defaults(config_class)]
    holders = tuple(f"{name}." for name in free)
    groups = {f"--{name}": first for name, first in _groups(config_class).items()}
    others: list[str] = []
    taken: list[tuple[str, Any]] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        option, equals, value = word.partition("=")
        if option in groups:
            _require_group(option, value if equals else next(iter(rest), ""), groups[option])
        if not (option in free or (holders and option.startswith(holders))):
            others.append(word)
            continue
        if not equals and not rest:
            raise TfpartialError(f"{option}: expected a value after it, got none")
        taken.append((option[2:], _value(option, value if equals else rest.pop(0))))
    return others, taken


def _require_group(option: str, text: str, first: str) -> None:
    """A whole group is a mapping, or the name of a file that holds one."""
    if not isinstance(_value(option, text), Mapping) and not Path(text).is_file():
        raise TfpartialError(f"{option}: expected one of its options, such as {option}.{first}, got '{text}'")


def with_free(config_class: type, section: Mapping[str, Any], free: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A section with the free options of a command line put in."""
    options = dict(section)
    for path, value in free:
        options = set_option(config_class, options, path, value)
    return options


def _value(option: str, text: str) -> Any:
    try:
        return parse_yaml(text)
    except ValueError as error:
        raise TfpartialError(f"{option}: expected a YAML value, got '{text}'") from error


def _merged_value(before: Any, value: Any) -> Any:
    return merged(before, value) if isinstance(before, Mapping) and isinstance(value, Mapping) else value
