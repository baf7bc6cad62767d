"""The folder of a stage that works for long: new, to be resumed, or finished."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from tfpartial.artifacts import left_by_others, read_json
from tfpartial.checksums import require_intact
from tfpartial.config.renamed import renewed
from tfpartial.errors import TfpartialError
from tfpartial.provenance import THREADS, begin, input_checksums, is_finished, plain, threads, unfinish
from tfpartial.yaml_file import read_yaml


def open_stage(folder: Path, verb: str, config: Any, progress: str) -> bool:
    """Makes the folder, or checks that what was done in it was done with the same configuration and inputs.

    Args:
        folder: the stage folder.
        verb: the stage.
        config: its configuration.
        progress: name of the file that the stage leaves with its first progress; before that, configuration and inputs may
            change.

    Returns:
        Whether the stage is finished already.

    Raises:
        TfpartialError: the folder holds something else, or was begun with another configuration or other inputs; the difference
            is named.
    """
    begun = folder / "config.yaml"
    if not begun.is_file() and left_by_others(folder):
        raise TfpartialError(f"{folder}: expected an empty folder or one that '{verb}' began, got one without config.yaml")
    if begun.is_file() and ((folder / progress).is_file() or is_finished(folder)):
        _require_same(begun, verb, config)
        _require_same_inputs(folder, config)
        _require_same_threads(folder, config)
    else:
        begin(folder, verb, config)
    if is_finished(folder):
        return True
    unfinish(folder)  # checksums of files that are about to change, where somebody removed done.json
    return False


def begin_data_set(folder: Path, verb: str, config: Any) -> None:
    """Begins a folder of volumes: new, empty, or what a killed run of the same command left, which it writes over.

    Args:
        folder: the data set.
        verb: the stage.
        config: its configuration.

    Raises:
        TfpartialError: the folder is finished, holds something else, or was begun with another configuration or other inputs.
    """
    if is_finished(folder) or (left_by_others(folder) and not (folder / "config.yaml").is_file()):
        raise TfpartialError(f"{folder}: is there already and is not an empty folder; remove it or choose another")
    if (folder / "provenance.json").is_file():  # which is there before the first volume
        _require_same(folder / "config.yaml", verb, config, apart_from=("workers", "scheduler"))
        _require_same_inputs(folder, config)
    begin(folder, verb, config)


def _require_same(begun: Path, verb: str, config: Any, apart_from: Collection[str] = ()) -> None:
    changes = differences(begun, verb, config, apart_from)
    if changes:
        raise TfpartialError(f"{begun.parent}: was begun with another configuration ({'; '.join(changes)}); choose another out")


def _require_same_inputs(folder: Path, config: Any) -> None:
    changed = changed_inputs(folder, config)
    if changed:
        raise TfpartialError(f"{folder}: was begun with other inputs ({', '.join(changed)} changed since); choose another out")


def _require_same_threads(folder: Path, config: Any) -> None:
    changed = None if is_finished(folder) else changed_threads(folder, config)
    if changed:
        raise TfpartialError(f"{folder}: {changed}")


def changed_threads(folder: Path, config: Any) -> str | None:
    """Why a begun stage would not come to the same weights now, though it is deterministic; None where it would.

    Sums of floats depend on how many threads share them. A stage of an older release does not say how many it had.
    """
    path = folder / "provenance.json"
    if not getattr(config, "deterministic", False) or not path.is_file():
        return None
    before = read_json(path, "provenance of the stage").get("machine", {}).get("threads")
    if before in (None, threads()):
        return None
    return (
        f"was begun with {before} threads, now there are {threads()}, which gives other weights; set {THREADS}={before}, or "
        "choose another out"
    )


def changed_inputs(folder: Path, config: Any) -> list[str]:
    """Names of input files that are other ones than when a stage began.

    Names, since the folder of a run may have been moved.

    Args:
        folder: the stage folder.
        config: the configuration that is asked for.
    """
    path = folder / "provenance.json"
    recorded = read_json(path, "provenance of the stage").get("inputs", {}) if path.is_file() else {}
    before, now = _by_name(recorded), _by_name(input_checksums(config))
    return sorted({name for name, _ in before ^ now})


def _by_name(checksums: Mapping[str, str]) -> set[tuple[str, str]]:
    return {(Path(file).name, checksum) for file, checksum in checksums.items()}


def differences(begun: Path, verb: str, config: Any, apart_from: Collection[str] = ()) -> list[str]:
    """The options that a begun stage would have to change, as `option: before -> now`.

    An option that the stage did not have yet when it was begun had what is its default now.

    Args:
        begun: its `config.yaml`.
        verb: the stage.
        config: the configuration that is asked for.
        apart_from: options that may change.
    """
    require_intact(begun)
    sections = read_yaml(begun, "configuration of a stage")
    if not isinstance(sections, dict):
        raise TfpartialError(f"{begun}: expected the configuration of '{verb}', got {type(sections).__name__}")
    written = renewed(verb, sections.get(verb) or {})
    before, now = (
        _flat({key: value for key, value in options.items() if key not in apart_from})
        for options in (_completed(written, config), plain(config))
    )
    return [f"{key}: {before.get(key)} -> {now.get(key)}" for key in {**before, **now} if before.get(key) != now.get(key)]


def _completed(written: Mapping[str, Any], config: Any) -> dict[str, Any]:
    """The options that were written, and the defaults of the others that have one."""
    completed = dict(written)
    for field in dataclasses.fields(config):
        group = getattr(config, field.name)
        if dataclasses.is_dataclass(group) and isinstance(written.get(field.name), Mapping):
            completed[field.name] = _completed(written[field.name], group)
        elif field.name not in written and field.default is not dataclasses.MISSING:
            completed[field.name] = plain(field.default)
        elif field.name not in written and field.default_factory is not dataclasses.MISSING:
            completed[field.name] = plain(field.default_factory())
    return completed


def _flat(mapping: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in mapping.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return flat
