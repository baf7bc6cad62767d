"""What a DICOM-SEG or RTSTRUCT says of itself and of the images that it was drawn on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom import Dataset

from tfpartial.data.formats.dicom_errors import dicom_errors
from tfpartial.data.formats.dicom_slice import Slice
from tfpartial.data.formats.dicom_text import text_of

KEYWORDS = (
    "SpecificCharacterSet",
    "StructureSetLabel",
    "StructureSetDate",
    "StructureSetTime",
    "ContentLabel",
    "ContentDate",
    "ContentTime",
    "FrameOfReferenceUID",
    "ReferencedFrameOfReferenceSequence",
    "ReferencedSeriesSequence",
)


@dataclass(frozen=True)
class ContourHeader:
    """The header of a file with contours; empty for what it does not say.

    Args:
        path: the file.
        label: StructureSetLabel (3006,0002) or ContentLabel (0070,0080).
        written: its date and time, as digits.
        series: SeriesInstanceUIDs of the images that it refers to.
        frames: their FrameOfReferenceUIDs.
    """

    path: Path
    label: str
    written: str
    series: frozenset[str]
    frames: frozenset[str]

    def is_of(self, slices: Sequence[Slice]) -> bool | None:
        """Whether it refers to the series of some slices; None when it does not say."""
        return bool(self.series & {one.series for one in slices}) if self.series else None

    def fits(self, slices: Sequence[Slice]) -> bool:
        """Whether nothing says that its coordinates are those of another image: of a frame of reference, else of a series."""
        frames = {one.frame_of_reference for one in slices} - {""}
        return bool(self.frames & frames) if self.frames and frames else self.is_of(slices) is not False

    def __str__(self) -> str:
        facts = [f"'{self.label}'" if self.label else "", f"of {self.written[:8]}" if self.written else ""]
        return f"{self.path.name} ({', '.join(filter(None, facts)) or 'no label'})"


def read_contour_header(path: Path) -> ContourHeader:
    """Reads the header. Raises `FileError`: `unreadable`."""
    with dicom_errors(path):
        content = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(KEYWORDS))
        places = list(content.get("ReferencedFrameOfReferenceSequence") or [])
        kind = "StructureSet" if content.get("StructureSetDate") or content.get("StructureSetLabel") or places else "Content"
        return ContourHeader(
            path=path,
            label=text_of(content, f"{kind}Label").strip(),
            written="".join(str(content.get(f"{kind}{part}") or "") for part in ("Date", "Time")),
            series=frozenset(str(item.SeriesInstanceUID) for item in _series(content) if item.get("SeriesInstanceUID")),
            frames=frozenset(str(uid) for place in (content, *places) if (uid := place.get("FrameOfReferenceUID"))),
        )


def _series(content: Dataset) -> Iterator[Dataset]:
    yield from content.get("ReferencedSeriesSequence") or []
    for place in content.get("ReferencedFrameOfReferenceSequence") or []:
        for study in place.get("RTReferencedStudySequence") or []:
            yield from study.get("RTReferencedSeriesSequence") or []
