"""Which of the files with contours of a case are its labels, where several show the same or belong to other images."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from tfpartial.data.files import LabelFile
from tfpartial.data.formats.dicom_references import ContourHeader, read_contour_header
from tfpartial.data.formats.dicom_slice import Slice
from tfpartial.data.problem import FileError

NEWEST = "newest"
REFERENCED = "referenced"
ADVICE = f"choose by `structure_set` of the source: label or file name (`*`, `?`), `{REFERENCED}` or `{NEWEST}`"


def choose_structure_sets(
    folder: Path, labels: Sequence[LabelFile], slices: Sequence[Slice], wanted: str | None
) -> tuple[LabelFile, ...]:
    """The label files of a case.

    Args:
        folder: the case, for errors.
        labels: what lies in it.
        slices: its image.
        wanted: `newest` of those that fit the image; `referenced`: those that refer to its series; or a pattern of labels and
            file names. None takes all when they fit and show different structures.

    Raises:
        FileError: `foreign_contours`: a file of another frame of reference or series; `several_structure_sets`: files that show
            the same; `unknown_structure_set`: no file is what is wanted, or which is the newest nobody knows.
    """
    headers = {label.path: read_contour_header(label.path) for label in labels}
    if wanted is None:
        _require_fitting(headers.values(), slices)
        _require_different(folder, labels, headers)
        return tuple(labels)
    if wanted == NEWEST:
        chosen = _newest([header for header in headers.values() if header.fits(slices)])
    elif wanted == REFERENCED:
        chosen = [header for header in headers.values() if header.is_of(slices)]
    else:
        chosen = [header for header in headers.values() if any(_like(name, wanted) for name in (header.label, header.path.name))]
    if labels and not chosen:
        there = "; ".join(map(str, headers.values()))
        raise FileError(folder, "unknown_structure_set", f"`structure_set`, '{wanted}', finds none or no single one; got {there}")
    paths = {header.path for header in chosen}
    kept = tuple(label for label in labels if label.path in paths)
    if wanted == REFERENCED:
        _require_different(folder, kept, headers)
    return kept


def _like(name: str, pattern: str) -> bool:
    return fnmatchcase(name.casefold(), pattern.casefold())


def _newest(headers: Sequence[ContourHeader]) -> list[ContourHeader]:
    """The latest; none when one has no date, or two are of one moment."""
    latest = max((header.written for header in headers), default="")
    chosen = [header for header in headers if header.written == latest]
    return chosen if len(chosen) == 1 and all(header.written for header in headers) else []


def _require_fitting(headers: Iterable[ContourHeader], slices: Sequence[Slice]) -> None:
    for header in headers:
        if not header.fits(slices):
            why = "refers to another frame of reference or series than the image"
            raise FileError(header.path, "foreign_contours", f"{why} {slices[0].path.parent}; {ADVICE}")


def _require_different(folder: Path, labels: Sequence[LabelFile], headers: Mapping[Path, ContourHeader]) -> None:
    showing: dict[str, list[Path]] = defaultdict(list)
    for label in labels:
        for organ in label.organs:
            showing[organ].append(label.path)
    for organ, paths in showing.items():
        if len(paths) > 1:
            files = " and ".join(str(headers[path]) for path in paths)
            raise FileError(folder, "several_structure_sets", f"{len(paths)} files show '{organ}': {files}; {ADVICE}")
