"""The stages of each method of a sweep."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tfpartial.config import CURRICULUM, StageEntry
from tfpartial.errors import TfpartialError
from tfpartial.experiment.curriculum import expanded
from tfpartial.experiment.specification import Sections, StageSpec, merged, specify
from tfpartial.finished_stages import AXIS
from tfpartial.stages import OUTPUTS

NAME = re.compile(r"[A-Za-z][\w.-]*")
"""Names of methods: they become names of folders."""
GATHERING = frozenset(verb for verb, output in OUTPUTS.items() if output.gathers)
"""Verbs whose stages all methods share, under the number that they have in the experiment."""
Changes = Mapping[str, Mapping[str, Any] | None]
Method = Changes | Sequence[StageEntry]


def method_specs(base: Sequence[StageSpec], methods: Mapping[str, Method], sections: Sections) -> dict[str, list[StageSpec]]:
    """The stages of every method, those that all have in common included.

    Args:
        base: the stages of the experiment.
        methods: name -> `{verb: options}` with what differs from the stages of the experiment, or the list of the stages that
            stand for those of the experiment from the first verb of the list on. Stages that compare methods stay at the end.
            `curriculum` may differ where the experiment has none; without options (None) the method has no curriculum.
        sections: the options of stages that only a method has.

    Raises:
        TfpartialError: no method, a name that is no folder's, or a method with stages that do not fit.
    """
    if not methods:
        raise TfpartialError("methods: expected at least one, got none")
    verbs = {verb for method in methods.values() for verb in _verbs(method)}
    found = {name: _specs(name, method, base, sections, all_equal=not verbs) for name, method in methods.items()}
    if CURRICULUM in verbs:
        verbs.add("train")  # what a curriculum stands for rests on it
    return {name: [replace(spec, of_method=spec.verb in verbs) for spec in specs] for name, specs in found.items()}


def _specs(name: str, method: Method, base: Sequence[StageSpec], sections: Sections, all_equal: bool) -> list[StageSpec]:
    if not NAME.fullmatch(name):
        raise TfpartialError(f"methods: expected names of letters, digits, '_', '-' and '.', got '{name}'")
    if AXIS.fullmatch(name):
        raise TfpartialError(f"methods: expected a name that no axis of a sweep has for a folder, got '{name}'")
    verbs = _verbs(method)
    places = {spec.verb: place for place, spec in reversed(list(enumerate(base)))}
    changed = [verb for verb in verbs if verb != CURRICULUM] if isinstance(method, Mapping) else verbs[:1]
    missing = [verb for verb in changed if verb not in places]
    if missing or not (verbs or (isinstance(method, Mapping) and not all_equal)):
        choice = ", ".join(spec.verb for spec in base)
        raise TfpartialError(f"methods: '{name}': expected one of the stages {choice}, got {', '.join(missing) or 'none'}")
    if isinstance(method, Mapping):
        specs = list(_changed(method, base, sections))
    else:
        start = places[verbs[0]]
        own = specify(method, sections, first=base[start].number)
        specs = [*base[:start], *own, *(spec for spec in base[start:] if spec.verb in GATHERING)]
    return expanded(specs, keep=GATHERING)


def _changed(method: Changes, base: Sequence[StageSpec], sections: Sections) -> Iterator[StageSpec]:
    """The stages of the experiment as the method has them."""
    for spec in base:
        if spec.verb != CURRICULUM or method.get(CURRICULUM, {}) is not None:
            yield replace(spec, options=merged(spec.options, method.get(spec.verb) or {}))
    if method.get(CURRICULUM) is not None and all(spec.verb != CURRICULUM for spec in base):
        yield StageSpec(len(base), CURRICULUM, merged(sections.get(CURRICULUM, {}), method[CURRICULUM] or {}))


def _verbs(method: Method) -> list[str]:
    if isinstance(method, Mapping):
        return list(method)
    return [verb for entry in method for verb in ([entry] if isinstance(entry, str) else entry)]
