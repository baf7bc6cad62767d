"""Which files of a folder make the series that is asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from tfpartial.data.formats.dicom_headers import Listing
from tfpartial.data.formats.dicom_slice import Slice
from tfpartial.data.problem import FileError

WITHOUT_ID = "without-uid-{}"
"""The id of a series whose files have no SeriesInstanceUID."""


def choose_series(folder: Path, listing: Listing, wanted: str | None) -> tuple[str, tuple[Slice, ...]]:
    """The id and the slices of a series.

    Args:
        folder: the folder, for the error.
        listing: what it holds.
        wanted: the series' id; None when there must be only one.

    Raises:
        FileError: `no_images`; `several_series`: an id is needed; `unknown_series`: no series has this id.
    """
    series = by_series(listing.slices)
    if not series:
        raise FileError(folder, "no_images", _no_images(folder, listing))
    there = "; ".join(_line(name, slices) for name, slices in series.items())
    if wanted is None and len(series) > 1:
        raise FileError(folder, "several_series", f"holds {len(series)} series; set `series` to the id of one: {there}")
    if wanted is not None and wanted not in series:
        raise FileError(folder, "unknown_series", f"holds no series '{wanted}'; there are: {there}")
    name = next(iter(series)) if wanted is None else wanted
    return name, series[name]


def by_series(slices: tuple[Slice, ...]) -> Mapping[str, tuple[Slice, ...]]:
    """Id -> slices. Without ids, those with the same modality, frame of reference, orientation and size belong together."""
    groups = defaultdict(list)
    for one in slices:
        rest = () if one.series else (one.modality, one.frame_of_reference, _rounded(one.orientation), one.size_yx)
        groups[one.series, rest].append(one)
    unnamed = [key for key in groups if not key[0]]
    return {
        series or WITHOUT_ID.format(unnamed.index((series, rest)) + 1): tuple(members)
        for (series, rest), members in groups.items()
    }


def _rounded(orientation: tuple[float, ...] | None) -> tuple[float, ...]:
    return tuple(round(cosine, 3) + 0.0 for cosine in orientation or ())  # + 0.0: -0.0 and 0.0 are one


def _line(name: str, slices: tuple[Slice, ...]) -> str:
    first = slices[0]
    return f"{name} ({first.modality or 'no modality'}, '{first.description}', {len(slices)} slices)"


def _no_images(folder: Path, listing: Listing) -> str:
    others = ", ".join(f"{count} × {name}" for name, count in listing.others.items())
    folders = sum(path.is_dir() for path in folder.iterdir())
    parts = [
        f"{listing.skipped} files that are no DICOM" if listing.skipped else "",
        f"DICOM files of other kinds ({others})" if others else "",
        f"{folders} folders, which are not entered" if folders else "",
    ]
    return f"expected a folder with the image slices of a DICOM series, got {'; '.join(filter(None, parts)) or 'an empty folder'}"
