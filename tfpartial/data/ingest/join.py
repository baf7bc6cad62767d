"""Several data sets under one organ table: organs renamed, merged and divided, and who looked for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from tfpartial.config import SourceConfig
from tfpartial.data.files import Key, LabelFile
from tfpartial.data.layouts.dataset import Case, Dataset
from tfpartial.data.problem import Problem
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable
from tfpartial.names import fault_of_case, folded, quoted

Parts = Mapping[str, Sequence[Key]]
"""Organ of the joined table (before it is divided) -> the source's organs, values or segments that it is made of."""


def join(
    sources: Sequence[tuple[SourceConfig, Dataset]],
    name: str | None = None,
    organs: Sequence[str] | None = None,
    priority: Sequence[str] | None = None,
    intensities: Literal["warn", "refuse", "off"] = "warn",
) -> Dataset:
    """One data set of all the sources' cases.

    With several sources, a case is called `<source>_<case>`, its patient `<source>/<patient>`: two collections may count alike.

    Args:
        sources: what to take from each, and what its layout found.
        name: name of the joined data set.
        organs: its organ table; None takes the organs of the sources in their order.
        priority: organs that win voxels which others claim as well, the first named most; the others follow in table order.
        intensities: see `Dataset`.

    Raises:
        TfpartialError: two sources of one name, a name that cannot begin that of a case, different channels, or an organ that a
            source or the table does not have.
    """
    several = len(sources) > 1
    names = [_source_name(source, dataset) for source, dataset in sources]
    _require_unique(names)
    if several:
        _require_prefixes(names)
    _require_same_channels(names, [dataset for _, dataset in sources])
    table = _organ_table([_shown(source, dataset) for source, dataset in sources], names, organs)
    first = sources[0][1]
    cases: list[Case] = []
    problems: list[Problem] = []
    for (source, dataset), source_name in zip(sources, names, strict=True):
        problems += dataset.problems
        _require_known_cases(source, dataset)
        for case in dataset.cases:
            joined = _joined_case(case, source, dataset, table)
            cases.append(_named_case(joined, source_name) if several else replace(joined, source=joined.source or source.name))
    if organs is None and not any(problem.kind == "organ_name" for problem in problems):
        problems += _spelled_twice(table, first.description)
    return Dataset(
        root=first.root,
        description=first.description,
        name=name or ("joined" if several else first.name),
        organs=table,
        channel_names=first.channel_names,
        cases=tuple(sorted(cases, key=lambda case: case.id)),
        problems=(*problems, *_unusable_names(cases)),
        priority=_priority(priority or (), table),
        intensities=intensities,
    )


def _source_name(source: SourceConfig, dataset: Dataset) -> str:
    return source.name or dataset.name


def _require_unique(names: Sequence[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise TfpartialError(f"sources: expected different names, got '{twice[0]}' twice; set 'name'")


def _require_prefixes(names: Sequence[str]) -> None:
    for name in names:
        fault = fault_of_case(name)
        if fault:
            raise TfpartialError(f"sources: a source's name begins those of its cases, got {quoted(name)}: {fault}; set 'name'")


def _unusable_names(cases: Sequence[Case]) -> list[Problem]:
    faults = ((case, fault_of_case(case.id)) for case in cases)
    return [Problem(case.id, str(case.images[0].path), "case_name", fault) for case, fault in faults if fault]


def _require_same_channels(names: Sequence[str], datasets: Sequence[Dataset]) -> None:
    for name, dataset in zip(names[1:], datasets[1:], strict=True):
        if dataset.channel_names != datasets[0].channel_names:
            ours, theirs = ", ".join(datasets[0].channel_names), ", ".join(dataset.channel_names)
            raise TfpartialError(
                f"sources: '{names[0]}' has the channels ({ours}), '{name}' has ({theirs}); "
                "expected the same ones; set 'channels' where they only have other names"
            )


def _parts(source: SourceConfig, dataset: Dataset) -> Parts:
    """What the joined organs are made of. Raises `TfpartialError` for an organ that the source does not have."""
    if source.organs is None:
        return {organ: (organ,) for organ in dataset.organs.names}
    organs = {organ: parts if isinstance(parts, list) else [parts] for organ, parts in source.organs.items()}
    named = any(label.organs for case in dataset.cases for label in case.labels)
    for organ, parts in organs.items():
        for part in parts:
            if named and isinstance(part, str) and part not in dataset.organs.ids:
                known = ", ".join(dataset.organs.names)
                raise TfpartialError(f"{dataset.root}: 'organs' of '{organ}': '{part}' is no organ of the source; it has {known}")
    return organs


def _shown(source: SourceConfig, dataset: Dataset) -> list[str]:
    """The organs that a source adds to the table."""
    parts = _parts(source, dataset)
    for organ in source.left_right:
        if organ not in parts:
            raise TfpartialError(f"{dataset.root}: 'left_right': '{organ}' is none of the organs {', '.join(parts)}")
    return [side for organ in parts for side in source.left_right.get(organ, (organ,))]


def _organ_table(shown: Sequence[Sequence[str]], names: Sequence[str], organs: Sequence[str] | None) -> OrganTable:
    if organs is None:
        return OrganTable(tuple(dict.fromkeys(organ for source in shown for organ in source)))
    for name, source in zip(names, shown, strict=True):
        for organ in source:
            if organ not in organs:
                expected = f"expected one of {', '.join(organs)}; leave it out by the 'organs' of the source"
                raise TfpartialError(f"source '{name}': '{organ}' is not in the organ table; {expected}")
    return OrganTable(tuple(organs))


def _spelled_twice(table: OrganTable, description: Path) -> list[Problem]:
    """One organ under two spellings, which would be learned as two."""
    first: dict[str, str] = {}
    why = "differ only in upper and lower case or in how their accents are written; rename one by the 'organs' of its source"
    return [
        Problem("", str(description), "organ_name", f"'{first[folded(organ)]}' and '{organ}' {why}")
        for organ in table.names
        if first.setdefault(folded(organ), organ) != organ
    ]


def _priority(priority: Sequence[str], table: OrganTable) -> tuple[str, ...]:
    for organ in priority:
        table.id_of(organ)
    return tuple(dict.fromkeys((*priority, *table.names)))


def _require_known_cases(source: SourceConfig, dataset: Dataset) -> None:
    ids = {case.id for case in dataset.cases}
    for case_id in source.cases:
        if case_id not in ids:
            raise TfpartialError(f"{dataset.root}: 'cases' names '{case_id}', which is no case of the source")


def _joined_case(case: Case, source: SourceConfig, dataset: Dataset, table: OrganTable) -> Case:
    parts = _parts(source, dataset)
    labels = tuple(renamed(label, parts, source.left_right) for label in case.labels)
    shown = tuple(label for label in labels if label.organs)  # masks of other organs need not be read
    return replace(case, labels=shown, annotated=_annotated(case, source, parts, table))


def _named_case(case: Case, source: str) -> Case:
    return replace(case, id=f"{source}_{case.id}", patient=f"{source}/{case.patient}", source=source)


def renamed(label: LabelFile, parts: Parts, left_right: Mapping[str, tuple[str, str]]) -> LabelFile:
    """A label file by the names of the joined table.

    Args:
        label: by the source's own organs; none, when its values or segments have no names yet.
        parts: what each joined organ is made of. Whatever the file has besides becomes background.
        left_right: joined organ -> its left and its right part.
    """
    organs = {}
    for organ, sources in parts.items():
        keys = tuple(dict.fromkeys(key for part in sources for key in _keys(part, label)))
        if keys:
            organs[organ] = keys
    used = {key for keys in organs.values() for key in keys}
    dropped = tuple(key for keys in label.organs.values() for key in keys if key not in used)
    sides = {organ: left_right[organ] for organ in organs if organ in left_right}
    return replace(label, organs=organs, background=(*label.background, *dropped), left_right=sides)


def _keys(part: Key, label: LabelFile) -> tuple[Key, ...]:
    """The keys in the file of an organ, value or segment of the source."""
    if isinstance(part, str) and part in label.organs:
        return label.organs[part]
    nameless = not label.organs
    holds_values = any(isinstance(key, int) for keys in label.organs.values() for key in keys)
    return (part,) if nameless or (isinstance(part, int) and holds_values) else ()


def _annotated(case: Case, source: SourceConfig, parts: Parts, table: OrganTable) -> tuple[str, ...] | None:
    """The case's annotated set: what the source's options say of the case, of all cases, or what the data set says."""
    stated = source.cases.get(case.id, source.annotated)
    if stated is not None:
        return table.select(table.vector(stated))
    if case.annotated is None:
        return None
    known = set(case.annotated)
    # Of a merged organ every part must have been looked for: else the missing part would count as background.
    whole = [organ for organ, names in parts.items() if all(name in known for name in names)]
    sides = {side for organ in whole for side in source.left_right.get(organ, (organ,))}
    return tuple(organ for organ in table.names if organ in sides)
