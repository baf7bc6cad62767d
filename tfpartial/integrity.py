"""Every file below a folder that a checksum is known of, compared with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tfpartial.artifacts import parsing, read_json, read_versioned, sha256
from tfpartial.checksums import CHECKSUMS, listed, require_whole_zip
from tfpartial.data.fold.pseudo_labels import INDEX as LABELS
from tfpartial.data.fold.pseudo_labels import layer_path, read_index
from tfpartial.data.store.store import CASES, crc32
from tfpartial.data.store.store import FORMAT as STORE_FORMAT
from tfpartial.data.store.store import INDEX as STORE
from tfpartial.errors import TfpartialError
from tfpartial.names import by_case

ZIPS = (".keras", ".npz")


class Check(NamedTuple):
    """A file and its checksum: SHA-256 as text, CRC-32 as a number; None for one that has it in it, as JSON and zips have."""

    path: Path
    checksum: str | int | None


class Checks(NamedTuple):
    """What there is to compare, and the lists of checksums that cannot be read: path -> what is wrong."""

    files: list[Check]
    unreadable: dict[Path, str]


def checks_below(folder: Path) -> Checks:
    """Finds the files that a checksum is known of, each once.

    Raises:
        TfpartialError: there is none.
    """
    if not folder.is_dir():
        raise TfpartialError(f"{folder}: no such folder; expected one in which verbs have worked")
    present = sorted(path for path in folder.rglob("*") if path.is_file())
    known: dict[Path, str | int] = {}
    unreadable: dict[Path, str] = {}
    for path in present:
        try:
            known |= dict(_named_by(path))
        except TfpartialError as error:
            unreadable[path] = str(error)
    own = [path for path in present if path.suffix in (".json", *ZIPS) and path not in known and path not in unreadable]
    files = [*(Check(path, checksum) for path, checksum in known.items()), *(Check(path, None) for path in own)]
    if not files and not unreadable:
        raise TfpartialError(f"{folder}: no file here has a checksum; expected the folder of a run, a sweep or a stage")
    return Checks(sorted(files), unreadable)


def problem(check: Check) -> str | None:
    """What is wrong with a file; None for one that is as its checksum says."""
    if not check.path.is_file():
        return "is gone"
    if check.checksum is not None:
        taken = crc32(check.path) if isinstance(check.checksum, int) else sha256(check.path)
        return None if taken == check.checksum else "is not as its checksum says"
    try:
        if check.path.suffix in ZIPS:
            require_whole_zip(check.path, "a whole file")
        else:
            read_json(check.path, "content")
    except TfpartialError as error:
        return str(error).removeprefix(f"{check.path}: ")
    return None


def _named_by(path: Path) -> Iterator[tuple[Path, str | int]]:
    """The files that a list of checksums names; nothing for other files."""
    folder = path.parent
    if path.name == CHECKSUMS:
        yield from ((folder / name, checksum) for name, checksum in listed(path).items())
    elif path.name == STORE:
        cases = read_versioned(path, "store", STORE_FORMAT).get("cases", {})
        yield from _of_cases(path, cases)
    elif path.name == LABELS:
        content = read_index(folder)
        with parsing(path, "index of label layers"):
            for step in content["steps"]:
                for case, record in by_case(step["cases"], path).items():
                    yield layer_path(folder, step["step"], case), record["sha256"]


def _of_cases(path: Path, cases: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[tuple[Path, str | int]]:
    with parsing(path, "store"):
        for case, record in by_case(cases, path).items():
            for name, checksum in {**record.get("crc32", {}), **record["sha256"]}.items():
                yield path.parent / CASES / case / name, checksum
