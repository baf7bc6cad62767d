"""A folder per case, with a DICOM image series and, beside or below it, its DICOM-SEG and RTSTRUCT files.

What a file is, its SOP class says (DICOM PS3.4, table B.5-1), not its name.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydicom import dcmread

from tfpartial.config import SourceConfig
from tfpartial.data.files import ImageFile, LabelFile
from tfpartial.data.formats.dicom_choice import CHOICE, candidates
from tfpartial.data.formats.dicom_headers import UNPARSABLE, Listing, read_headers
from tfpartial.data.formats.dicom_slice import Slice
from tfpartial.data.formats.label import open_label
from tfpartial.data.layouts.dataset import Case, Dataset
from tfpartial.data.layouts.structure_sets import choose_structure_sets
from tfpartial.data.layouts.tree import describe_folder, is_visible, names_below, shown
from tfpartial.data.problem import FileError, Problem
from tfpartial.errors import InputProblems, TfpartialError
from tfpartial.labels import OrganTable

CONTOURS = (
    "1.2.840.10008.5.1.4.1.1.66.4",  # Segmentation Storage
    "1.2.840.10008.5.1.4.1.1.66.7",  # Label Map Segmentation Storage
    "1.2.840.10008.5.1.4.1.1.481.3",  # RT Structure Set Storage
)


def read_dicom(root: Path, source: SourceConfig) -> Dataset:
    """Reads the layout; see `layouts.read_source`. The organs are the names of the segments and structures."""
    folders = sorted(path for path in root.iterdir() if path.is_dir() and is_visible(path.name))
    if not folders:
        raise TfpartialError(f"{root}: expected a folder per case with DICOM files, got {describe_folder(root)}")
    reader = _Reader(root, source)
    for folder in folders:
        reader.add(folder)
    if reader.problems and not (reader.cases and reader.organs):
        got = "; ".join(sorted({problem.message for problem in reader.problems}))
        message = f"{root}: expected a DICOM series and contours in the folders of the cases; {got}"
        raise InputProblems(message, [problem.row() for problem in reader.problems])
    if not reader.organs:
        raise TfpartialError(f"{root}: expected segments in DICOM-SEG or RTSTRUCT files beside the images, got none")
    return Dataset(
        root=root,
        description=root,
        name=root.name,
        organs=OrganTable(tuple(reader.organs)),
        channel_names=(reader.modality,),
        cases=tuple(reader.cases),
        problems=tuple(reader.problems),
    )


class _Reader:
    """The cases of the folders, the names of their segments, and what is wrong with them."""

    def __init__(self, root: Path, source: SourceConfig) -> None:
        self.root = root
        self.source = source
        self.cases: list[Case] = []
        self.organs: dict[str, None] = {}  # an ordered set
        self.problems: list[Problem] = []
        self.modality = ""

    def add(self, folder: Path) -> None:
        """Adds the case in a folder, or what is wrong with it."""
        try:
            listings = {place: read_headers(place) for place in _folders(folder)}
            images = {place: slices for place, listing in listings.items() if (slices := self._images(place, listing))}
            if len(images) != 1:
                self._refuse_images(folder, list(images), any(listing.slices for listing in listings.values()))
                return
            ((place, slices),) = images.items()
            contours = [path for place, listing in listings.items() if listing.others for path in _contours(place)]
            found = [_label(path) for path in contours]
            labels = choose_structure_sets(folder, found, slices, self.source.structure_set)
        except FileError as error:
            self._problem(folder, error.path, error.kind, error.for_source)
            return
        self._check_modality(folder, slices[0])
        self.organs.update(dict.fromkeys(organ for label in labels for organ in label.organs))
        image = (ImageFile(place),)
        self.cases.append(Case(folder.name, self.root, image, labels, annotated=None, source=None, patient=folder.name))

    def _images(self, place: Path, listing: Listing) -> tuple[Slice, ...]:
        """The slices of the series in a folder that are what the source wants."""
        wanted = ImageFile(place, series=self.source.series, modality=self.source.modality, least_slices=self.source.least_slices)
        return tuple(one for slices in candidates(wanted, listing).values() for one in slices)

    def _refuse_images(self, folder: Path, series: Sequence[Path], any_images: bool) -> None:
        if not series:
            got = f"none that is a volume and fits {CHOICE}" if any_images else "none"
            self._problem(folder, folder, "missing_image", f"expected DICOM images, got {got}")
            return
        names = shown([path.relative_to(self.root).as_posix() for path in series])
        why = f"expected the images of a case in one folder, got some in {names}; choose by {CHOICE} of the source"
        self._problem(folder, folder, "several_images", why)

    def _check_modality(self, folder: Path, first: Slice) -> None:
        modality = first.modality
        self.modality = self.modality or modality
        if modality != self.modality:
            path, message = first.path, f"expected {self.modality}, as in the cases before, got {modality}"
            self._problem(folder, path, "modality", message)

    def _problem(self, folder: Path, path: Path, kind: str, message: str) -> None:
        self.problems.append(Problem(folder.name, str(path), kind, message))


def _folders(folder: Path) -> list[Path]:
    """The folder and those below it."""
    return [folder, *(path for name in names_below(folder) if (path := folder / name).is_dir())]


def _label(path: Path) -> LabelFile:
    segments = open_label(path).keys()
    if not segments:
        raise FileError(path, "no_segments", "expected segments or structures, got none")
    return LabelFile(path, {str(segment): (segment,) for segment in segments})


def _contours(folder: Path) -> Iterator[Path]:
    """The files of a folder with contours, in the order of their names."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and is_visible(path.name) and _sop_class(path) in CONTOURS:
            yield path


def _sop_class(path: Path) -> str | None:
    try:
        with warnings.catch_warnings(action="ignore"):
            return str(dcmread(path, stop_before_pixels=True, specific_tags=["SOPClassUID"]).get("SOPClassUID"))
    except UNPARSABLE:
        return None
