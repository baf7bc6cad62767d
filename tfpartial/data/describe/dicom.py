"""What a folder with DICOM files holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tfpartial.data.describe.volume import describe_image
from tfpartial.data.files import ImageFile
from tfpartial.data.formats.dicom_choice import by_series
from tfpartial.data.formats.dicom_headers import read_headers
from tfpartial.data.formats.dicom_identity import why_no_part
from tfpartial.data.formats.dicom_series import open_series
from tfpartial.data.formats.dicom_slice import Slice
from tfpartial.data.problem import FileError
from tfpartial.errors import TfpartialError


def describe_series(folder: Path) -> dict[str, Any]:
    """A row per series: its grid, or why it makes none; of a single one that makes a grid, its numbers too.

    Raises:
        FileError: a header is damaged, or the pixels of the single series.
        TfpartialError: no DICOM file.
    """
    listing = read_headers(folder)
    if not listing.slices and not listing.others:
        raise TfpartialError(
            f"{folder}: expected a store, a case, the folder of a stage, pictures, or DICOM files, got none of them"
        )
    series = by_series(listing.slices)
    rows = [_row(folder, name, slices) for name, slices in series.items()]
    facts = {
        "is": "folder with DICOM files",
        "series": rows,
        "other objects": dict(listing.others),
        "files that are no DICOM": listing.skipped,
    }
    if len(series) == 1 and not rows[0]["refused"]:
        return {**facts, **describe_image(open_series(ImageFile(folder, series=next(iter(series)))))}
    return facts


def _row(folder: Path, name: str, slices: tuple[Slice, ...]) -> dict[str, Any]:
    first = slices[0]
    row: dict[str, Any] = {"series": name, "modality": first.modality, "description": first.description, "slices": len(slices)}
    row["kind"] = why_no_part(first) or "volume"
    try:
        native = open_series(ImageFile(folder, series=name)).native
    except FileError as error:
        return {**row, "size": None, "spacing_mm": None, "refused": error.reason}
    return {**row, "size": list(native.size_xyz), "spacing_mm": [round(mm, 4) for mm in native.spacing_mm_xyz], "refused": ""}
