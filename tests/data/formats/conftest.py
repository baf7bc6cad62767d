"""Makes DICOM series, slice by slice."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from tfpartial.data.files import ImageFile
from tfpartial.data.formats.dicom_series import DicomSeries, open_series


class SeriesFolder:
    """A folder to which slices of 4 × 5 pixels, 2 mm high and 1 mm wide, are written. HU = stored number − 1024."""

    SERIES = "1.2.826.0.1.3680043.8.498.1"
    SIZE_YX = (4, 5)

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()

    def stored(self, number: int) -> np.ndarray:
        """Different in every pixel of every slice: 100 · slice + place."""
        return (100 * number + np.arange(20).reshape(self.SIZE_YX)).astype(np.int16)

    def write(self, heights_mm: Sequence[float] = (0, 3, 6), **elements: object) -> list[Path]:
        """Axial slices from the feet to the head; their names run the other way. `elements` are those of `add`."""
        names = [f"{len(heights_mm) - number:02}.dcm" for number in range(len(heights_mm))]
        return [
            self.add(name, self.stored(number), (-10, -20, height), **elements)
            for number, (name, height) in enumerate(zip(names, heights_mm, strict=True))
        ]

    def add(self, name: str, stored: np.ndarray, position_mm: Sequence[float], **elements: object) -> Path:
        """One slice of 16-bit numbers `[Y, X]`; `elements` replace or, when None, remove elements of the header."""
        meta = FileMetaDataset()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        meta.MediaStorageSOPClassUID = elements.get("SOPClassUID", CTImageStorage)
        meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[name])
        dataset = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
        header = {
            "SOPClassUID": CTImageStorage,
            "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
            "Modality": "CT",
            "SeriesInstanceUID": self.SERIES,
            "SeriesDescription": "abdomen",
            "FrameOfReferenceUID": f"{self.SERIES}.9",
            "Rows": stored.shape[0],
            "Columns": stored.shape[1],
            "SamplesPerPixel": 1,
            "PhotometricInterpretation": "MONOCHROME2",
            "BitsAllocated": 16,
            "BitsStored": 16,
            "HighBit": 15,
            "PixelRepresentation": int(np.issubdtype(stored.dtype, np.signedinteger)),
            "PixelSpacing": [2.0, 1.0],
            "SliceThickness": 3.0,
            "ImagePositionPatient": [f"{coordinate:.10g}" for coordinate in position_mm],
            "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
            "RescaleSlope": 1,
            "RescaleIntercept": -1024,
            "PixelData": stored.tobytes(),
        }
        for keyword, value in (header | elements).items():
            if value is not None:
                setattr(dataset, keyword, value)
        dataset.save_as(self.path / name, enforce_file_format=True)
        return self.path / name

    def open(self, **options: object) -> DicomSeries:
        """The folder as an image; `options` are those of `ImageFile`."""
        return open_series(ImageFile(self.path, **options))

    def voxels(self, slab_size: int = 100, **options: object) -> np.ndarray:
        """The whole volume, read slab by slab."""
        return np.concatenate([slab for _, slab in self.open(**options).slabs(slab_size)])


@pytest.fixture
def series(tmp_path: Path) -> SeriesFolder:
    return SeriesFolder(tmp_path / "series")
