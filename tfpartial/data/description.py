"""`dataset.json`: nnU-Net v2's description of a data set, with our extension; see `nnunet`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfpartial.data.problem import Problem
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable

IGNORE_NAME, BACKGROUND_NAME = "ignore", "background"
EXTENSION = ("annotated", "source", "patient", "datasets")


@dataclass(frozen=True)
class Description:
    """The content of `dataset.json`, checked.

    Args:
        path: the file.
        name: name of the data set, if it has one.
        organs: the organ table.
        ignore_value: value of the `ignore` label, if there is one.
        channel_names: one per channel.
        file_ending: ending of the volume files.
        num_training: number of cases that it claims.
        annotated: per case that says so, its annotated organs.
        source: per case that says so, the collection that it comes from.
        patient: per case that says so, the patient.
        source_annotated: per collection that says so, the annotated organs of its cases.
        problems: what is wrong in the extension.
    """

    path: Path
    name: str | None
    organs: OrganTable
    ignore_value: int | None
    channel_names: tuple[str, ...]
    file_ending: str
    num_training: int | None
    annotated: Mapping[str, tuple[str, ...]]
    source: Mapping[str, str]
    patient: Mapping[str, str]
    source_annotated: Mapping[str, tuple[str, ...]]
    problems: tuple[Problem, ...]

    def annotated_of(self, case_id: str) -> tuple[str, ...] | None:
        """The case's own annotated set, else its collection's, else None."""
        if case_id in self.annotated:
            return self.annotated[case_id]
        return self.source_annotated.get(self.source.get(case_id, ""))


def read_description(path: Path) -> Description:
    """Reads `dataset.json`.

    Raises:
        TfpartialError: not a JSON object, or `labels`, `channel_names` or `file_ending` are missing or cannot be used.
    """
    content = _load(path)
    organs, ignore_value = _labels(path, content)
    extension = _Extension(path, organs, content)
    return Description(
        path=path,
        name=content.get("name"),
        organs=organs,
        ignore_value=ignore_value,
        channel_names=_channel_names(path, content),
        file_ending=_file_ending(path, content),
        num_training=content.get("numTraining"),
        annotated=extension.annotated(),
        source=extension.texts("source"),
        patient=extension.texts("patient"),
        source_annotated=extension.source_annotated(),
        problems=tuple(extension.problems),
    )


class _Object(dict):
    """A JSON object that remembers the keys that stood twice; `json` itself keeps the last and says nothing."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.twice = sorted({name for name in names if names.count(name) > 1}) if len(self) < len(names) else []


class _Extension:
    """Reads the parts that nnU-Net does not know, and collects what is wrong with them."""

    def __init__(self, path: Path, organs: OrganTable, content: _Object) -> None:
        self.path = path
        self.organs = organs
        self.content = content
        self.problems: list[Problem] = []
        for name in content.twice:
            self.add("", "duplicate_id", f"the key '{name}' stands twice")
        for key in EXTENSION:
            for case_id in getattr(content.get(key), "twice", ()):
                self.add(case_id, "duplicate_id", f"'{key}' names it twice")

    def add(self, case_id: str, kind: str, message: str) -> None:
        self.problems.append(Problem(case_id, str(self.path), kind, message))

    def mapping(self, key: str) -> dict[str, Any]:
        value = self.content.get(key, {})
        if isinstance(value, dict):
            return value
        self.add("", "description", f"'{key}': expected an object, got {_kind(value)}")
        return {}

    def texts(self, key: str) -> dict[str, str]:
        texts = {}
        for case_id, value in self.mapping(key).items():
            if isinstance(value, str) and value:
                texts[case_id] = value
            else:
                self.add(case_id, "description", f"'{key}': expected a text, got {json.dumps(value)}")
        return texts

    def annotated(self) -> dict[str, tuple[str, ...]]:
        return {name: self.organ_set(name, "'annotated'", value) for name, value in self.mapping("annotated").items()}

    def source_annotated(self) -> dict[str, tuple[str, ...]]:
        sets = {}
        for name, value in self.mapping("datasets").items():
            if isinstance(value, dict) and "annotated" in value:
                sets[name] = self.organ_set("", f"'datasets' of '{name}'", value["annotated"])
            elif not isinstance(value, dict):
                self.add("", "description", f"'datasets' of '{name}': expected an object, got {_kind(value)}")
        return sets

    def organ_set(self, case_id: str, where: str, names: Any) -> tuple[str, ...]:
        """The known organs among `names`, in the order of the table."""
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            self.add(case_id, "description", f"{where}: expected a list of organ names, got {json.dumps(names)}")
            return ()
        for name in sorted(set(names) - set(self.organs.names)):
            known = ", ".join(self.organs.names)
            self.add(case_id, "unknown_organ", f"{where} names '{name}', which is not in 'labels'; expected some of {known}")
        return tuple(name for name in self.organs.names if name in names)


def _load(path: Path) -> _Object:
    try:
        content = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_Object)
    except (OSError, ValueError) as error:
        raise TfpartialError(f"{path}: expected a JSON object, got {error}") from error
    if not isinstance(content, _Object):
        raise TfpartialError(f"{path}: expected a JSON object, got {_kind(content)}")
    return content


def _labels(path: Path, content: _Object) -> tuple[OrganTable, int | None]:
    """The organ table and the value of the `ignore` label. nnU-Net demands consecutive values, `ignore` the highest."""
    labels = content.get("labels")
    if not isinstance(labels, _Object):
        raise TfpartialError(f"{path}: 'labels': expected an object of organ names and values, got {_kind(labels)}")
    if labels.twice:
        raise TfpartialError(f"{path}: 'labels': each organ may stand once, got {', '.join(labels.twice)} more than once")
    regions = [name for name, value in labels.items() if isinstance(value, list)]
    if regions:
        raise TfpartialError(f"{path}: 'labels': regions (lists of values) are not supported, got one for '{regions[0]}'")
    for name, value in labels.items():
        if type(value) is not int:
            raise TfpartialError(f"{path}: 'labels': expected a whole number for '{name}', got {json.dumps(value)}")
    names = sorted(labels, key=labels.__getitem__)
    if sorted(labels.values()) != list(range(len(labels))) or names[:1] != [BACKGROUND_NAME]:
        expected = f"expected '{BACKGROUND_NAME}': 0, then consecutive values"
        raise TfpartialError(f"{path}: 'labels': {expected}, got {json.dumps(labels)}")
    if IGNORE_NAME not in labels:
        return OrganTable(tuple(names[1:])), None
    if names[-1] != IGNORE_NAME:
        raise TfpartialError(f"{path}: 'labels': '{IGNORE_NAME}' must have the highest value, got {labels[IGNORE_NAME]}")
    return OrganTable(tuple(names[1:-1])), labels[IGNORE_NAME]


def _channel_names(path: Path, content: _Object) -> tuple[str, ...]:
    channels = content.get("channel_names")
    if not isinstance(channels, dict) or not channels or set(channels) != {str(n) for n in range(len(channels))}:
        got = json.dumps(channels)
        raise TfpartialError(f'{path}: \'channel_names\': expected an object with the keys "0", "1", ..., got {got}')
    return tuple(str(channels[str(number)]) for number in range(len(channels)))


def _file_ending(path: Path, content: _Object) -> str:
    ending = content.get("file_ending")
    if not isinstance(ending, str) or not ending.startswith("."):
        raise TfpartialError(f"{path}: 'file_ending': expected an ending such as \".nii.gz\", got {json.dumps(ending)}")
    return ending


def _kind(value: Any) -> str:
    """What a JSON value is, in JSON's own words."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "nothing"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), "a number")
