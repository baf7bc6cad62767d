"""Says what a file or folder is, for a person who has to decide what to do with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tfpartial.data.describe.label import describe_label
from tfpartial.data.describe.records import describe_case, describe_manifest, describe_run, describe_store
from tfpartial.data.describe.volume import describe_picture, describe_stack, describe_volume
from tfpartial.data.formats.image import PICTURES
from tfpartial.data.formats.label import open_label
from tfpartial.data.formats.picture_stack import picture_files
from tfpartial.data.formats.segmented_nrrd import has_segments
from tfpartial.data.formats.volume_file import is_volume_file
from tfpartial.data.problem import FileError
from tfpartial.data.store.store import CASES, INDEX, RECORD
from tfpartial.errors import TfpartialError


def describe(path: Path, case: str | None = None) -> dict[str, Any]:
    """Facts about a file or folder, as JSON; `is` says what it is.

    Args:
        path: a volume file, picture, label file, folder with DICOM series, folder of pictures, manifest, store, folder of a
            prepared case, or folder of a stage.
        case: a case of the manifest or store.

    Raises:
        FileError: the file cannot be read.
        TfpartialError: nothing is there, or nothing that is known; a case of something that has no cases, or not this one.
    """
    if not path.exists():
        raise TfpartialError(f"{path}: no such file or folder")
    collection = _collection(path, case)
    if collection is None and case is not None:
        raise TfpartialError(f"{path}: has no cases; expected a manifest or a store to look for case '{case}' in")
    return collection or (_folder(path) if path.is_dir() else _file(path))


def _collection(path: Path, case: str | None) -> dict[str, Any] | None:
    """What has cases; None for anything else."""
    if path.is_dir() and ((path / INDEX).is_file() or (path / CASES).is_dir()):
        return describe_store(path, case)
    return describe_manifest(path, case) if path.suffix == ".json" else None


def _folder(path: Path) -> dict[str, Any]:
    if (path / RECORD).is_file():
        return describe_case(path)
    if (path / "config.yaml").is_file():
        return describe_run(path)
    if picture_files(path):
        return describe_stack(path)
    from tfpartial.data.describe.dicom import describe_series  # an extra

    return describe_series(path)


def _file(path: Path) -> dict[str, Any]:
    if path.suffix.lower() in PICTURES:
        return describe_picture(path)
    if is_volume_file(path) and not has_segments(path):
        return describe_volume(path)
    try:
        return {"is": "label file", **describe_label(open_label(path))}
    except FileError as error:
        if error.kind == "not_a_label":
            raise TfpartialError(f"{error}; for an image, give the folder of its series") from error
        raise
