"""JSON objects of data set descriptions, with what is wrong in them said in JSON's own words."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from tfpartial.checksums import require_intact
from tfpartial.errors import TfpartialError

LOG = logging.getLogger(__name__)

DESCRIPTION = "dataset.json"
"""What nnU-Net and the MSD call the description of a data set."""


class JsonObject(dict):
    """A JSON object that remembers the keys that stood twice; `json` itself keeps the last and says nothing."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.twice = sorted({name for name in names if names.count(name) > 1}) if len(self) < len(names) else []


def read_object(path: Path) -> JsonObject:
    """Reads a file with one JSON object; warns when it has changed since a verb wrote it. Raises `TfpartialError` for another."""
    try:
        require_intact(path)
    except TfpartialError:  # a person may describe the data set anew
        LOG.warning("%s: has changed since it was written", path)
    try:
        content = json.loads(path.read_bytes(), object_pairs_hook=JsonObject)
    except (OSError, ValueError, RecursionError) as error:
        raise TfpartialError(f"{path}: expected a JSON object, got {error}") from error
    if not isinstance(content, JsonObject):
        raise TfpartialError(f"{path}: expected a JSON object, got {kind_of(content)}")
    return content


def read_labels_object(path: Path, content: JsonObject, expected: str) -> JsonObject:
    """The object `labels` of a description. Raises `TfpartialError` when it is none, or a key stands in it twice."""
    labels = content.get("labels")
    if not isinstance(labels, JsonObject):
        raise TfpartialError(f"{path}: 'labels': expected an object of {expected}, got {kind_of(labels)}")
    if labels.twice:
        raise TfpartialError(f"{path}: 'labels': each key may stand once, got {', '.join(labels.twice)} more than once")
    return labels


def read_channels(path: Path, content: JsonObject, key: str) -> tuple[str, ...]:
    """The names of the channels, an object with the keys "0", "1", .... Raises `TfpartialError` for anything else."""
    channels = content.get(key)
    if not isinstance(channels, dict) or not channels or set(channels) != {str(n) for n in range(len(channels))}:
        got = json.dumps(channels)
        raise TfpartialError(f'{path}: \'{key}\': expected an object with the keys "0", "1", ..., got {got}')
    return tuple(str(channels[str(number)]) for number in range(len(channels)))


def kind_of(value: Any) -> str:
    """What a JSON value is."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "nothing"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), "a number")
