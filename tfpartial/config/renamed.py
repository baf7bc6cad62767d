"""Options that have another name than in older releases."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from tfpartial.errors import TfpartialError

RENAMED = {
    "train": {
        "network.width": "network.options.width",
        "loss.bce": "loss.terms.bce.weight",
        "loss.dice": "loss.terms.dice.weight",
        "loss.reduction": "loss.terms.bce.reduction",
        "loss.dice_organs": "loss.terms.dice.organs",
        "loss.dice_slices": "loss.terms.dice.slices",
    }
}
"""Verb -> old option -> new one."""
DEFAULTS = {"loss.dice": 0.0, "loss.reduction": "valid_mean", "loss.dice_organs": "method", "loss.dice_slices": "certain"}
"""What an old configuration says of an option that nobody chose, and that a new one need not say."""


def refuse_renamed(verb: str, options: Iterable[str]) -> None:
    """Raises `TfpartialError` with the new name for an option, `group.option`, that has another one now."""
    for option in options:
        new = RENAMED.get(verb, {}).get(option)
        if new is not None:
            raise TfpartialError(f"{verb}.{option} is called {verb}.{new} now")


def renewed(verb: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that an older release wrote, under their new names."""
    new = copy.deepcopy(dict(options))
    for old, name in RENAMED.get(verb, {}).items():
        *groups, option = old.split(".")
        group = _group(new, groups, make=False)
        if option in group:
            value = group.pop(option)
            if DEFAULTS.get(old) != value:
                *groups, option = name.split(".")
                _group(new, groups, make=True)[option] = value
    return new


def _group(options: dict[str, Any], names: list[str], make: bool) -> dict[str, Any]:
    for name in names:
        found = options.setdefault(name, {}) if make else options.get(name)
        options = found if isinstance(found, dict) else {}
    return options
