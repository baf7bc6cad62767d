"""The folder of a stage that works for long: new, to be resumed, or finished."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from tfpartial.errors import TfpartialError
from tfpartial.provenance import begin, is_finished, plain


def open_stage(folder: Path, verb: str, config: Any, progress: str) -> bool:
    """Makes the folder, or checks that what was done in it was done with the same configuration.

    Args:
        folder: the stage folder.
        verb: the stage.
        config: its configuration.
        progress: name of the file that the stage leaves with its first progress; before that, the configuration may change.

    Returns:
        Whether the stage is finished already.

    Raises:
        TfpartialError: the folder holds something else, or was begun with another configuration; the difference is named.
    """
    begun = folder / "config.yaml"
    if not begun.is_file() and folder.is_dir() and any(folder.iterdir()):
        raise TfpartialError(f"{folder}: expected an empty folder or one that '{verb}' began, got one without config.yaml")
    if begun.is_file() and ((folder / progress).is_file() or is_finished(folder)):
        _require_same(begun, verb, plain(config))
    else:
        begin(folder, verb, config)
    return is_finished(folder)


def _require_same(begun: Path, verb: str, asked: Mapping[str, Any]) -> None:
    changes = differences(begun, verb, asked)
    if changes:
        raise TfpartialError(f"{begun.parent}: was begun with another configuration ({'; '.join(changes)}); choose another out")


def differences(begun: Path, verb: str, asked: Mapping[str, Any], apart_from: Collection[str] = ()) -> list[str]:
    """The options that a begun stage would have to change, as `option: before -> now`.

    Args:
        begun: its `config.yaml`.
        verb: the stage.
        asked: the configuration that is asked for, as `plain` gives it.
        apart_from: options that may change.
    """
    written = yaml.safe_load(begun.read_text(encoding="utf-8")).get(verb, {})
    before, now = (_flat({key: options[key] for key in options if key not in apart_from}) for options in (written, asked))
    return [f"{key}: {before.get(key)} -> {now.get(key)}" for key in {**before, **now} if before.get(key) != now.get(key)]


def _flat(mapping: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in mapping.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return flat
