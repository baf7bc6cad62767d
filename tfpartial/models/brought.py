"""Networks that users bring: `package.module:function` of code that they installed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
from keras.src.utils.naming import reset_uids  # Keras has no public way

from tfpartial.errors import TfpartialError
from tfpartial.models.adapted import adapted
from tfpartial.options import options_of

SEPARATOR = ":"
BUILT_WITH = ("num_logits", "input_shape")
"""What every function that makes a network takes by name, beside its own options."""


def is_brought(name: str) -> bool:
    """Whether a network's name is that of a function outside of this library."""
    return SEPARATOR in name


def brought_function(name: str) -> Callable[..., keras.Model]:
    """The function of a network's name. Importing its module runs that module, and registers the layers that it defines.

    The current folder is not searched, which `python -m` puts on the path: it may be one of data, or a model from elsewhere.

    Raises:
        TfpartialError: no `package.module:function`; no such module, or one that fails; no such function, or one that does not
            take `num_logits` and `input_shape`.
    """
    module, _, function = name.partition(SEPARATOR)
    if not all(part.isidentifier() for part in (*module.split("."), function)):
        raise TfpartialError(f"network '{name}': expected a function as package.module:function")
    try:
        with _without_the_current_folder():
            found = getattr(importlib.import_module(module), function, None)
    except Exception as error:  # whatever the user's module does
        where = "; expected one that is installed, the current folder is not searched" if isinstance(error, ImportError) else ""
        raise TfpartialError(f"network '{name}': its module cannot be imported: {_said(error)}{where}") from error
    if not callable(found):
        raise TfpartialError(f"network '{name}': module {module} has no function {function}")
    try:
        takes = [option.name for option in options_of(found)]
    except Exception as error:  # annotations of names that exist for a type checker alone
        raise TfpartialError(f"network '{name}': its annotations cannot be read: {_said(error)}") from error
    if not set(takes) >= set(BUILT_WITH):
        got = ", ".join(takes) or "nothing"
        raise TfpartialError(
            f"network '{name}': expected a function of {', '.join(BUILT_WITH)} and its options, got one of {got}"
        )
    return found


def build_brought(name: str, num_logits: int, input_shape: tuple[int, ...], options: Mapping[str, Any]) -> keras.Model:
    """The network that a function gives, with the layers that other parts look up.

    Raises:
        TfpartialError: the function is not there or fails, or what it gives is not fit to be trained here (`adapted`).
    """
    function = brought_function(name)
    reset_uids()  # layers without a name get the same ones each time: weights are found again by them
    try:
        model = function(num_logits=num_logits, input_shape=input_shape, **options)
    except TfpartialError:
        raise
    except Exception as error:  # whatever the user's function does
        raise TfpartialError(f"network '{name}' cannot be built: {_said(error)}") from error
    return adapted(model, f"network '{name}'", name.partition(SEPARATOR)[2], num_logits, input_shape)


def _said(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


@contextmanager
def _without_the_current_folder() -> Iterator[None]:
    here, before = str(Path.cwd()), list(sys.path)
    sys.path[:] = [path for number, path in enumerate(before) if path not in ("", ".") and (number, path) != (0, here)]
    try:
        yield
    finally:
        sys.path[:] = before
