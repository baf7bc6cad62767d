"""What the header of one DICOM image file says."""

from __future__ import annotations

import math
from collections.abc import MutableSequence
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset

from tfpartial.data.formats.dicom_table import table_type
from tfpartial.data.formats.dicom_text import text_of
from tfpartial.data.problem import FileError

KEYWORDS = (
    "SpecificCharacterSet",
    "SOPClassUID",
    "ImageType",
    "Modality",
    "PatientID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SeriesDescription",
    "FrameOfReferenceUID",
    "AcquisitionNumber",
    "EchoTime",
    "TemporalPositionIdentifier",
    "ConvolutionKernel",
    "Rows",
    "Columns",
    "SamplesPerPixel",
    "NumberOfFrames",
    "PixelSpacing",
    "SliceThickness",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "RescaleSlope",
    "RescaleIntercept",
    "ModalityLUTSequence",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
)
"""The elements that `Slice.of` looks at. PixelRepresentation says whether the padding is signed."""


MOST_SHOWN = 80
"""Letters of a wrong element that an error shows."""


@dataclass(frozen=True)
class Slice:
    """One image file; None for what its header does not say.

    Args:
        path: the file.
        sop_class: SOPClassUID (0008,0016).
        image_type: the values of ImageType (0008,0008), in capitals.
        patient: PatientID (0010,0020); empty when missing, as the texts below.
        study: StudyInstanceUID (0020,000D).
        series: SeriesInstanceUID (0020,000E).
        description: SeriesDescription (0008,103E).
        modality: Modality (0008,0060).
        frame_of_reference: FrameOfReferenceUID (0020,0052).
        acquisition, echo, phase, kernel: AcquisitionNumber (0020,0012), EchoTime (0018,0081), TemporalPositionIdentifier
            (0020,0100), ConvolutionKernel (0018,1210).
        frames: NumberOfFrames (0028,0008).
        samples: SamplesPerPixel (0028,0002): 3 for colours.
        size_yx: Rows and Columns (0028,0010), (0028,0011).
        spacing_mm_yx: PixelSpacing (0028,0030): distance of rows, then of columns.
        thickness_mm: SliceThickness (0018,0050).
        position_mm: ImagePositionPatient (0020,0032): centre of the first pixel.
        orientation: ImageOrientationPatient (0020,0037): direction of a row, then of a column.
        slope, intercept: RescaleSlope and RescaleIntercept (0028,1053), (0028,1052).
        has_intercept: whether there is a RescaleIntercept.
        table: what the numbers mean that a table (ModalityLUTSequence) makes of the stored ones; None without a table.
        padding: stored values, the lowest and the highest, of pixels that were not measured: PixelPaddingValue (0028,0120) and
            PixelPaddingRangeLimit (0028,0121).
    """

    path: Path
    sop_class: str
    image_type: frozenset[str]
    patient: str
    study: str
    series: str
    description: str
    modality: str
    frame_of_reference: str
    acquisition: str
    echo: str
    phase: str
    kernel: str
    frames: int
    samples: int
    size_yx: tuple[int, int]
    spacing_mm_yx: tuple[float, ...] | None
    thickness_mm: float | None
    position_mm: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    slope: float
    intercept: float
    has_intercept: bool
    table: str | None
    padding: tuple[float, float] | None

    @classmethod
    def of(cls, path: Path, dataset: Dataset) -> Slice:
        """The header that pydicom has read.

        Raises:
            FileError: `bad_header`: an element that is not what the standard says; `modality_lut`: see `table_type`.
        """

        def numbers(keyword: str, count: int) -> tuple[float, ...] | None:
            return _numbers(path, dataset, keyword, count)

        def number(keyword: str, default: float) -> float:
            return (numbers(keyword, 1) or (default,))[0]

        def text(keyword: str) -> str:
            return text_of(dataset, keyword).strip()

        return cls(
            path=path,
            sop_class=text("SOPClassUID"),
            image_type=_image_type(dataset),
            patient=text("PatientID"),
            study=text("StudyInstanceUID"),
            series=text("SeriesInstanceUID"),
            description=text("SeriesDescription"),
            modality=text("Modality"),
            frame_of_reference=text("FrameOfReferenceUID"),
            acquisition=text("AcquisitionNumber"),
            echo=text("EchoTime"),
            phase=text("TemporalPositionIdentifier"),
            kernel=text("ConvolutionKernel"),
            frames=int(number("NumberOfFrames", 1)),
            samples=int(number("SamplesPerPixel", 1)),
            size_yx=(int(number("Rows", 0)), int(number("Columns", 0))),
            spacing_mm_yx=_positive(path, numbers("PixelSpacing", 2)),
            thickness_mm=(numbers("SliceThickness", 1) or (None,))[0],
            position_mm=numbers("ImagePositionPatient", 3),
            orientation=numbers("ImageOrientationPatient", 6),
            slope=_not_zero(path, number("RescaleSlope", 1.0)),
            intercept=number("RescaleIntercept", 0.0),
            has_intercept=numbers("RescaleIntercept", 1) is not None,
            table=table_type(path, dataset),
            padding=_padding(
                numbers("PixelPaddingValue", 1),
                numbers("PixelPaddingRangeLimit", 1),
                int(number("BitsStored", number("BitsAllocated", 16))),
                number("PixelRepresentation", 0) == 1,
            ),
        )


def _image_type(dataset: Dataset) -> frozenset[str]:
    value = dataset.get("ImageType") or ()
    return frozenset(str(part).strip().upper() for part in (value if isinstance(value, MutableSequence) else [value]))


def _numbers(path: Path, dataset: Dataset, keyword: str, count: int) -> tuple[float, ...] | None:
    """The numbers of an element; None when it is missing or empty."""
    expected = "a finite number" if count == 1 else f"{count} finite numbers"
    try:
        value = dataset.get(keyword)
        if value is None or value == "":
            return None
        values = tuple(float(part) for part in (value if isinstance(value, MutableSequence) else [value]))
    except (TypeError, ValueError, OverflowError):
        raise FileError(path, "bad_header", f"{keyword} is {_shown(dataset, keyword)}; expected {expected}") from None
    if len(values) != count or not all(map(math.isfinite, values)):
        raise FileError(path, "bad_header", f"{keyword} is {list(values)}; expected {expected}")
    return values


def _shown(dataset: Dataset, keyword: str) -> str:
    """An element that is no number, such as `['2,0', '1,0']`."""
    return repr(getattr(dataset.get_item(keyword), "value", None))[:MOST_SHOWN]


def _positive(path: Path, spacing_mm: tuple[float, ...] | None) -> tuple[float, ...] | None:
    if spacing_mm is not None and min(spacing_mm) <= 0:
        raise FileError(path, "bad_header", f"PixelSpacing is {list(spacing_mm)}; expected more than 0 mm")
    return spacing_mm


def _not_zero(path: Path, slope: float) -> float:
    if slope == 0:
        raise FileError(path, "bad_header", "RescaleSlope is 0; every pixel would have the same value")
    return slope


def _padding(
    value: tuple[float, ...] | None, limit: tuple[float, ...] | None, bits: int, signed: bool
) -> tuple[float, float] | None:
    """The ends of the padding, as the pixels have them: -2000 may be written as 63536, or the other way round."""
    if value is None:
        return None
    lowest = -(2.0 ** (bits - 1)) if signed else 0.0
    low, high = sorted((end - lowest) % 2.0**bits + lowest for end in (value[0], (limit or value)[0]))
    return low, high
