"""Free options: keyword arguments of a network, a loss term or a trainer that a configuration gives by name."""

from __future__ import annotations

import inspect
import math
import re
import types
import typing
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from docstring_parser import parse as parse_docstring
from jsonargparse import ArgumentError, ArgumentParser

from tfpartial.errors import TfpartialError

LONG = re.compile(r"\b[a-z_]+(?:\.[a-z_]+)*\.(?=[A-Z])")
"""Where names of types come from, which nobody reads."""
Owner = Callable[..., Any]
"""A function or class whose keyword arguments are options."""


class AtLeast(NamedTuple):
    """The smallest value of a number: `width: Annotated[int, AtLeast(1)]`."""

    least: float


class Option(NamedTuple):
    """One option: its name, type, default, and what its owner's docstring says of it."""

    name: str
    type: str
    default: Any
    text: str


def options_of(owner: Owner, given: Collection[str] = ()) -> list[Option]:
    """The keyword arguments of a function or class that are not `given` by the program itself."""
    entries = [entry for doc in _docs(owner) for entry in parse_docstring(doc).params]
    texts = {entry.arg_name: " ".join((entry.description or "").split()) for entry in entries}
    return [
        Option(name, type_text(hint), default, texts.get(name, "")) for name, (hint, default) in _parameters(owner, given).items()
    ]


def _docs(owner: Owner) -> list[str]:
    """The docstrings that may describe the options: of the class that has the constructor, and its heir's own."""
    if not inspect.isclass(owner):
        return [owner.__doc__ or ""]
    maker = next(each for each in inspect.getmro(owner) if "__init__" in vars(each))
    return [maker.__doc__ or "", owner.__doc__ or ""]


def checked_options(
    owner: Owner, options: Mapping[str, Any], where: str, given: Collection[str] = (), others: Collection[str] = ()
) -> dict[str, Any]:
    """The options with the types that their owner asks for.

    Args:
        owner: the function or class.
        options: name -> value, as YAML has it.
        where: what the options are called in the configuration, for the message.
        given: arguments that the program gives itself.
        others: further options at the same place, for the message.

    Raises:
        TfpartialError: an option that does not exist, or a value of another type.
    """
    parameters = _parameters(owner, given)
    unknown = [str(name) for name in options if name not in parameters]
    if unknown:
        choice = ", ".join([*others, *parameters])
        expected = f"expected some of {choice}" if choice else "it has none"
        raise TfpartialError(f"{where}: no option {', '.join(unknown)}; {expected}")
    return {name: _checked(value, parameters[name][0], f"{where}.{name}") for name, value in options.items()}


def choose(table: Mapping[str, Any], name: str, where: str) -> Any:
    """The entry of a table. Raises `TfpartialError` for a name that it has not; the message lists those that it has."""
    if name not in table:
        raise TfpartialError(f"{where}: '{name}' does not exist; expected one of {', '.join(table)}")
    return table[name]


def _parameters(owner: Owner, given: Collection[str]) -> dict[str, tuple[Any, Any]]:
    """Name -> type and default of what may be given by keyword."""
    function = owner.__init__ if inspect.isclass(owner) else owner
    hints = typing.get_type_hints(function, include_extras=True)
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = [each for each in inspect.signature(owner).parameters.values() if each.kind in named and each.name not in given]
    return {each.name: (hints.get(each.name, Any), each.default) for each in parameters}


def _checked(value: Any, hint: Any, where: str) -> Any:
    plain, least = _parts(hint)
    wrong = TfpartialError(f"{where}: expected {type_text(hint)}, got {'none' if value is None else repr(value)}")
    if value is None and plain is not Any and type(None) not in (plain, *typing.get_args(plain)):
        raise wrong
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--value", type=plain)
    try:
        checked = parser.parse_object({"value": value})["value"]
    except ArgumentError as error:
        raise wrong from error
    if isinstance(checked, float) and not math.isfinite(checked):
        raise TfpartialError(f"{where}: expected a finite number, got {value!r}")
    if least is not None and checked is not None and checked < least:
        raise wrong
    return checked


def _parts(hint: Any) -> tuple[Any, float | None]:
    """The type of an annotation and its smallest value."""
    if typing.get_origin(hint) is not typing.Annotated:
        return hint, None
    plain, *notes = typing.get_args(hint)
    return plain, next((note.least for note in notes if isinstance(note, AtLeast)), None)


def type_text(hint: Any) -> str:
    """A type as people read it: `int, 1 or more`, `a or b`."""
    hint, least = _parts(hint)
    if least is not None:
        return f"{type_text(hint)}, {least:g} or more"
    if typing.get_origin(hint) is typing.Literal:
        return " or ".join(map(str, typing.get_args(hint)))
    if hint is type(None):
        return "none"
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return " or ".join(type_text(part) for part in typing.get_args(hint))
    return hint.__name__ if isinstance(hint, type) and not typing.get_args(hint) else LONG.sub("", str(hint))
