"""`dataset.json`: nnU-Net v2's description of a data set, with our extension; see `nnunet`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from tfpartial.data.layouts.json_object import JsonObject, kind_of, read_channels, read_labels_object, read_object
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
        organs: organ -> the values that stand for it, several for a region; in the order of the first ones.
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
    organs: Mapping[str, tuple[int, ...]]
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
    content = read_object(path)
    organs, ignore_value = _labels(path, content)
    extension = _Extension(path, OrganTable(tuple(organs)), content)
    name = content.get("name")
    return Description(
        path=path,
        name=name if isinstance(name, str) and name else None,
        organs=organs,
        ignore_value=ignore_value,
        channel_names=read_channels(path, content, "channel_names"),
        file_ending=_file_ending(path, content),
        num_training=content.get("numTraining"),
        annotated=extension.annotated(),
        source=extension.texts("source"),
        patient=extension.texts("patient"),
        source_annotated=extension.source_annotated(),
        problems=tuple(extension.problems),
    )


class _Extension:
    """Reads the parts that nnU-Net does not know, and collects what is wrong with them."""

    def __init__(self, path: Path, organs: OrganTable, content: JsonObject) -> None:
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
        self.add("", "description", f"'{key}': expected an object, got {kind_of(value)}")
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
                self.add("", "description", f"'datasets' of '{name}': expected an object, got {kind_of(value)}")
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


def _labels(path: Path, content: JsonObject) -> tuple[dict[str, tuple[int, ...]], int | None]:
    """The organs' values and the value of the `ignore` label. nnU-Net demands consecutive values, `ignore` the highest."""
    labels = _names_first(read_labels_object(path, content, "organ names and values"))
    values = {name: _values(path, name, value) for name, value in labels.items()}
    _require_disjoint(path, values)
    used = sorted(value for several in values.values() for value in several)
    names = sorted(values, key=values.__getitem__)
    if used != list(range(len(used))) or names[:1] != [BACKGROUND_NAME] or values[BACKGROUND_NAME] != (0,):
        expected = f"expected '{BACKGROUND_NAME}': 0, then consecutive values"
        raise TfpartialError(f"{path}: 'labels': {expected}, got {json.dumps(labels)}")
    ignore = values.get(IGNORE_NAME)
    if ignore is not None and ignore != (used[-1],):
        raise TfpartialError(f"{path}: 'labels': '{IGNORE_NAME}' must have the highest value, got {labels[IGNORE_NAME]}")
    organs = {name: values[name] for name in names if name not in (BACKGROUND_NAME, IGNORE_NAME)}
    return organs, None if ignore is None else ignore[0]


def _names_first(labels: JsonObject) -> Mapping[str, Any]:
    """`labels` as name -> value; nnU-Net v1 and the MSD have them the other way round."""
    if labels and all(value.isdecimal() and isinstance(name, str) and not name.isdecimal() for value, name in labels.items()):
        exchanged: dict[str, list[int]] = {}
        for value, name in labels.items():
            exchanged.setdefault(name, []).append(int(value))
        return exchanged
    return labels


def _values(path: Path, name: str, value: Any) -> tuple[int, ...]:
    """The values of an organ, perhaps as texts; a list of them is one of nnU-Net's regions."""
    values = value if isinstance(value, list) else [value]
    values = [int(number) if isinstance(number, str) and number.isdecimal() else number for number in values]
    if not values or any(type(number) is not int for number in values):
        raise TfpartialError(
            f"{path}: 'labels': expected a whole number for '{name}', or a list of them, got {json.dumps(value)}"
        )
    return tuple(sorted(set(values)))


def _require_disjoint(path: Path, values: Mapping[str, tuple[int, ...]]) -> None:
    for first, second in combinations(values, 2):
        shared = sorted(set(values[first]) & set(values[second]))
        if shared:
            why = "regions that overlap are not supported: a voxel stands for one organ"
            raise TfpartialError(f"{path}: 'labels': '{first}' and '{second}' share the value {shared[0]}; {why}")


def _file_ending(path: Path, content: JsonObject) -> str:
    ending = content.get("file_ending")
    if not isinstance(ending, str) or not ending.startswith("."):
        raise TfpartialError(f"{path}: 'file_ending': expected an ending such as \".nii.gz\", got {json.dumps(ending)}")
    return ending
