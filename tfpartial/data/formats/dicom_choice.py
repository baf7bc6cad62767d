"""Which files of a folder make the series that is asked for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from tfpartial.data.files import ImageFile
from tfpartial.data.formats.dicom_headers import Listing
from tfpartial.data.formats.dicom_identity import why_no_part
from tfpartial.data.formats.dicom_slice import Slice
from tfpartial.data.problem import FileError

CHOICE = "`series`, `modality` or `least_slices`"
WITHOUT_ID = "without-uid-{}"
"""The id of a series whose files have no SeriesInstanceUID."""


def choose_series(image: ImageFile, listing: Listing) -> tuple[str, tuple[Slice, ...]]:
    """The id and the slices of a series.

    Args:
        image: the folder, and what is wanted of it.
        listing: what the folder holds.

    Raises:
        FileError: `no_images`; `several_series`: an id is needed; `unknown_series`: no series is what is wanted.
    """
    fitting = candidates(image, listing)
    if len(fitting) == 1:
        return next(iter(fitting.items()))
    there = "; ".join(_line(name, slices) for name, slices in (fitting or by_series(listing.slices)).items())
    if fitting:
        ways = f"keep one in the folder, or choose it for `ingest` by {CHOICE} of the source"
        raise FileError(image.path, "several_series", f"holds {len(fitting)} series, expected one: {ways}: {there}")
    if not listing.slices:
        raise FileError(image.path, "no_images", _no_images(image.path, listing))
    wanted = _wanted(image)
    if not wanted:
        raise FileError(image.path, "no_images", f"holds only localizers and pictures of screens: {there}")
    raise FileError(image.path, "unknown_series", f"holds no series {wanted}; there are: {there}")


def candidates(image: ImageFile, listing: Listing) -> Mapping[str, tuple[Slice, ...]]:
    """Id -> slices of the series that are what is wanted of a folder.

    Localizers and pictures of screens are left out, unless their series is asked for by its id.
    """
    everything = by_series(listing.slices)
    if image.series is not None and image.series in everything:
        chosen = everything[image.series]
        return {image.series: tuple(one for one in chosen if not why_no_part(one)) or chosen}
    parts = {name: tuple(one for one in slices if not why_no_part(one)) for name, slices in everything.items()}
    return {name: slices for name, slices in parts.items() if slices and _fits(image, slices)}


def not_chosen(listing: Listing, chosen: Sequence[Slice]) -> Mapping[str, int]:
    """What the other images of a folder are -> how many, for the history."""
    others = set(listing.slices) - set(chosen)
    return Counter(why_no_part(one) or "slice of another series" for one in others)


def _fits(image: ImageFile, slices: Sequence[Slice]) -> bool:
    """Whether a series has the description, modality and number of slices that are wanted."""
    first = slices[0]
    described = image.series is None or fnmatchcase(first.description.casefold(), image.series.casefold())
    return described and image.modality in (None, first.modality) and len(slices) >= image.least_slices


def _wanted(image: ImageFile) -> str:
    parts = [
        f"'{image.series}'" if image.series is not None else "",
        f"of modality {image.modality}" if image.modality else "",
        f"of at least {image.least_slices} slices" if image.least_slices > 1 else "",
    ]
    return " ".join(filter(None, parts))


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
