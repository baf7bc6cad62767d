"""What is written down about a finished stage: its configuration, where it ran, and that it is done."""

from __future__ import annotations

import dataclasses
import datetime
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from tfpartial.artifacts import read_json, sha256, write_json, write_text
from tfpartial.checksums import CHECKSUMS, write_checksums

PACKAGES = ("tfpartial", "tensorflow", "keras", "numpy", "scipy", "SimpleITK", "scikit-image")
OF_STAGE = ("done.json", "provenance.json")
THREADS = "TF_NUM_INTRAOP_THREADS"
"""TensorFlow's own variable."""
HASHED_SUFFIXES = (".json", ".keras")


def write_config(folder: Path, verb: str, config: Any) -> None:
    """Writes `config.yaml`, which `tfpartial VERB --config` takes back."""
    write_text(folder / "config.yaml", yaml.safe_dump({verb: plain(config)}, sort_keys=False))


def plain(value: Any) -> Any:
    """A configuration, or an option of one, as YAML and JSON know it: groups as mappings, paths as text, tuples as lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def write_provenance(folder: Path, config: Any, command: Sequence[str] | None = None) -> None:
    """Writes `provenance.json`: command, time, commit, versions, machine, and the checksums of the input files.

    Args:
        folder: stage folder.
        config: the stage's configuration.
        command: the words that do the stage; those of this process by default.
    """
    write_json(
        folder / "provenance.json",
        {
            "command": list(command or sys.argv),
            "written": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "commit": _commit(),
            "seed": getattr(config, "seed", None),
            "versions": {name: _version(name) for name in PACKAGES} | {"python": platform.python_version()},
            "machine": machine(),
            "inputs": input_checksums(config),
        },
    )


def machine() -> dict[str, Any]:
    """Processor, number of cores and system: what a speed must be read with; and threads, on which sums depend."""
    return {"processor": _processor(), "cores": len(_affinity()), "threads": threads(), "system": platform.platform()}


def threads() -> int:
    """Threads among which TensorFlow divides an operation: as many as cores, or as the environment says."""
    asked = os.environ.get(THREADS, "")
    return int(asked) if asked.isdigit() and int(asked) else len(_affinity())


def begin(folder: Path, verb: str, config: Any, command: Sequence[str] | None = None) -> None:
    """Writes `config.yaml` and `provenance.json` of a stage that starts (again); what an earlier run finished is not done now."""
    unfinish(folder)
    write_config(folder, verb, config)
    write_provenance(folder, config, command)


def finish(folder: Path, summary: dict[str, Any], below: Iterable[str] = (), known: Mapping[str, str] | None = None) -> None:
    """Writes the checksums of the stage's files (arguments of `write_checksums`), and `done.json`, the last file."""
    write_checksums(folder, below, known)
    say_done(folder, summary)


def say_done(folder: Path, summary: dict[str, Any]) -> None:
    """Writes `done.json` alone."""
    write_json(folder / "done.json", summary)


def unfinish(folder: Path) -> None:
    """Takes away what says that a stage is finished."""
    for name in ("done.json", CHECKSUMS):
        (folder / name).unlink(missing_ok=True)


def is_finished(folder: Path) -> bool:
    """Whether the stage of this folder came to its end."""
    return (folder / "done.json").is_file()


def summary_of(folder: Path) -> dict[str, Any]:
    """What the finished stage said."""
    return read_json(folder / "done.json", "summary of a finished stage")


def input_checksums(config: Any) -> dict[str, str]:
    """Checksums of the files that the configuration names, and of those directly in the folders that it names.

    Where a folder has the checksums of its files, what else its stage says of itself does not matter: it may be done again with
    the same result.
    """
    named = [path for field in dataclasses.fields(config) if field.name != "out" for path in _paths(getattr(config, field.name))]
    files = [file for path in named for file in ([path] if path.is_file() else _files_of(path))]
    wanted = [file for file in files if file.suffix in HASHED_SUFFIXES]
    return {str(file): sha256(file) for file in [*wanted, *_files_in_options(config)]}


def _files_in_options(value: Any) -> list[Path]:
    """Files that free options name, such as a network's first weights: those are text, whatever they mean."""
    if dataclasses.is_dataclass(value):
        return [path for field in dataclasses.fields(value) for path in _files_in_options(getattr(value, field.name))]
    if not isinstance(value, dict):
        return []
    texts = [Path(item) for item in value.values() if isinstance(item, str) and item]
    named = [path for path in texts if os.path.isfile(path)]  # noqa: PTH113  where text is no name, Path raises
    return [*named, *(path for item in value.values() for path in _files_in_options(item))]


def _files_of(folder: Path) -> list[Path]:
    files = sorted(folder.glob("*"))
    return [file for file in files if file.name not in OF_STAGE] if folder / CHECKSUMS in files else files


def _paths(value: Any) -> list[Path]:
    """The paths in an option, in its parts if it has some."""
    if dataclasses.is_dataclass(value):
        value = [getattr(value, field.name) for field in dataclasses.fields(value)]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [path for item in value for path in _paths(item)]
    return [value] if isinstance(value, Path) else []


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _commit() -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    command = [git, "-C", str(Path(__file__).parent), "describe", "--always", "--abbrev=40", "--dirty"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout.strip() or None


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _affinity() -> set[int]:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
