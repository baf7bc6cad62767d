"""Frozen dataclasses from JSON, each value checked against the type of its field: files are written by others, too."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from tfpartial.errors import TfpartialError
from tfpartial.names import CaseId, require_case

T = TypeVar("T")
NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "a truth value", Path: "a path", type(None): "null"}
SHOWN = 60
"""Letters of a wrong value that an error shows."""


def from_json(kind: type[T], content: Any, where: str = "") -> T:
    """The inverse of `dataclasses.asdict`, after a passage through JSON.

    Args:
        kind: a dataclass, a type of JSON, `Path`, `CaseId`, or a tuple, mapping, union or literal of such.
        content: the JSON value.
        where: its place, for the error.

    Raises:
        ValueError: a value of another type, a name that no case has, a missing or an unknown field; it names the place.
    """
    if is_dataclass(kind):
        return _dataclass(kind, content, where)
    return _value(kind, content, where)


def _dataclass(kind: type, content: Any, where: str) -> Any:
    if not isinstance(content, dict):
        raise _error(where, "an object", content)
    hints = get_type_hints(kind)
    unknown = sorted(content.keys() - hints.keys())
    needed = [each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING]
    missing = [name for name in needed if name not in content]
    if unknown or missing:
        raise ValueError(f"{where or 'value'}: {f'no {missing[0]!r}' if missing else f'an unknown {unknown[0]!r}'}")
    return kind(**{name: from_json(hints[name], value, _at(where, name)) for name, value in content.items()})


def _value(kind: Any, content: Any, where: str) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if origin is tuple:
        return _tuple(inner, content, where)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(content, dict):
            raise _error(where, "an object", content)
        values = {key: from_json(inner[1], value, _at(where, key)) for key, value in content.items()}
        return {_case(key, where): value for key, value in values.items()} if inner[0] is CaseId else values
    if origin in (Union, UnionType):
        return _first_fitting(inner, content, where)
    if origin is Literal:
        if content not in inner:
            raise _error(where, f"one of {', '.join(map(str, inner))}", content)
        return content
    if kind is CaseId:
        return _case(content, where)
    if kind is float and type(content) in (int, float) and abs(content) <= sys.float_info.max:
        return float(content)
    if kind is Path and isinstance(content, str):
        return Path(content)
    if type(content) is not kind or kind is float:
        raise _error(where, NAMES.get(kind, str(kind)), content)
    return content


def _case(content: Any, where: str) -> CaseId:
    try:
        return require_case(content, where or "value")
    except TfpartialError as error:
        raise ValueError(str(error)) from error


def _tuple(inner: tuple[Any, ...], content: Any, where: str) -> tuple[Any, ...]:
    any_length = inner[-1] is Ellipsis
    if not isinstance(content, list) or not (any_length or len(content) == len(inner)):
        raise _error(where, "a list" if any_length else f"a list of {len(inner)}", content)
    kinds = [inner[0]] * len(content) if any_length else inner
    return tuple(from_json(kind, value, where) for kind, value in zip(kinds, content, strict=True))


def _first_fitting(kinds: tuple[Any, ...], content: Any, where: str) -> Any:
    for kind in kinds:
        try:
            return from_json(kind, content, where)
        except ValueError as error:
            wrong = error
    raise wrong


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _error(where: str, expected: str, content: Any) -> ValueError:
    got = json.dumps(content, default=str)
    return ValueError(f"{where or 'value'}: expected {expected}, got {got[:SHOWN]}{'...' * (len(got) > SHOWN)}")
