"""The files that scores were made from. Scores outlive them: images and label maps may be gone."""

from __future__ import annotations

from pathlib import Path

from tfpartial.comparison.scores import Scores
from tfpartial.data.formats.volume_files import label_maps
from tfpartial.data.problem import FileError
from tfpartial.names import CaseId


def label_map_of(scores: Scores, case: CaseId) -> Path:
    """The label map of a case that was scored. Raises `FileError` when it is gone."""
    folder = scores.predictions
    found = label_maps(folder) if folder.is_dir() else {}
    if case not in found:
        raise FileError(folder, "missing_file", f"expected the label map of case '{case}' that was scored, found none")
    return found[case]


def manifest_of(scores: Scores) -> Path:
    """The manifest that scores were made against. Raises `FileError` when it is gone."""
    if not scores.manifest.is_file():
        reason = "no such file; expected the manifest that was scored against; `compare` takes another one (option manifest)"
        raise FileError(scores.manifest, "missing_file", reason)
    return scores.manifest
