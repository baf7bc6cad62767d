"""What can be named in a configuration: networks, loss terms, trainers and optimisers, each with its options."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from tfpartial.losses import TERMS
from tfpartial.models.build import BUILT_WITH, NETWORKS
from tfpartial.options import Option, Owner, options_of
from tfpartial.training.objective import shared_options
from tfpartial.training.optimizers import GIVEN, OPTIMIZERS
from tfpartial.training.trainers import COMMON, TRAINERS

Row = dict[str, Any]
NO_OPTION = Option("none", "", "", "")


def networks() -> list[Row]:
    """Name, option, type, default and text: a row per option of each network, or one for a network without."""
    return _rows(NETWORKS, "network", BUILT_WITH)


def losses() -> list[Row]:
    """The same of the loss terms; the options that all of them have come first."""
    return [*_rows({"(every term)": shared_options}, "term", ()), *_rows(TERMS, "term", ("self", "activation"))]


def trainers() -> list[Row]:
    """The same of the trainers."""
    return _rows(TRAINERS, "trainer", COMMON)


def optimizers() -> list[Row]:
    """The same of the optimisers."""
    return _rows(OPTIMIZERS, "optimizer", GIVEN)


CATALOGUES: dict[str, Callable[[], list[Row]]] = {
    "networks": networks,
    "losses": losses,
    "trainers": trainers,
    "optimizers": optimizers,
}
"""What `tfpartial info --<name>` lists."""


def _rows(table: Mapping[str, Owner], kind: str, given: Collection[str]) -> list[Row]:
    rows: list[Row] = []
    for name, owner in table.items():
        options = options_of(owner, given)
        rows += [_row(kind, name, option) for option in options] or [_row(kind, name, NO_OPTION)]
    return rows


def _row(kind: str, name: str, option: Option) -> Row:
    default = "none" if option.default is None else option.default
    return {kind: name, "option": option.name, "type": option.type, "default": default, "what it does": option.text}
