"""Tiny files of every format, all on one grid: 6 × 5 × 4 voxels (x, y, z) of 1.5 × 1.5 × 3 mm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import SimpleITK as sitk
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RTStructureSetStorage, generate_uid

SHAPE = (4, 5, 6)
SPACING_MM = (1.5, 1.5, 3.0)
ORIGIN_MM = (10.0, -20.0, 30.0)
INTERCEPT = -1024
STUDY = {
    "StudyInstanceUID": "1.2.3",
    "PatientID": "p",
    **dict.fromkeys(
        (
            *("PatientName", "PatientBirthDate", "PatientSex", "AccessionNumber"),
            *("StudyID", "StudyDate", "StudyTime", "ReferringPhysicianName"),
        ),
        "",
    ),
}


def hu(seed: int = 0, shape: Sequence[int] = SHAPE) -> np.ndarray:
    """int16 noise of the whole HU scale `[Z, Y, X]`."""
    return np.random.default_rng(seed).integers(-1000, 1000, shape).astype(np.int16)


def box(value: float = 1, dtype: type = np.uint8, shape: Sequence[int] = SHAPE) -> np.ndarray:
    """A label map in which 2 × 2 voxels of slice 1 have a value."""
    label = np.zeros(shape, dtype)
    label[1, 1:3, 2:4] = value
    return label


def volume(
    array: np.ndarray, spacing: Sequence[float] = SPACING_MM, origin: Sequence[float] = ORIGIN_MM, orientation: str = "LPS"
) -> sitk.Image:
    """LPS voxels `[z, y, x]` on the grid, stored in another orientation; other dimensions than 3 on a grid of their own."""
    image = sitk.GetImageFromArray(array, isVector=False)
    if array.ndim != 3:
        return image
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    return sitk.DICOMOrient(image, orientation) if orientation != "LPS" else image


def write_volume(path: Path, array: np.ndarray, packed: bool = False, **grid: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(volume(array, **grid), str(path), useCompression=packed or path.name.endswith(".gz"))
    return path


def write_picture(path: Path, array: np.ndarray, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)
    return path


def write_segmented_nrrd(path: Path, array: np.ndarray, names: Sequence[str] = ("liver",)) -> Path:
    """A label map whose values 1, 2, ... are named segments, as Slicer writes it."""
    image = volume(array)
    for number, name in enumerate(names):
        image.SetMetaData(f"Segment{number}_Name", name)
        image.SetMetaData(f"Segment{number}_LabelValue", str(number + 1))
        image.SetMetaData(f"Segment{number}_Layer", "0")
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image, str(path))
    return path


def write_series(folder: Path, array: np.ndarray, name: str = "{:02}.dcm", **elements: object) -> Path:
    """A DICOM series of axial slices.

    Args:
        folder: the folder.
        array: HU `[Z, Y, X]`.
        name: of a file, by the number of its slice.
        elements: replace elements of the header or, when None, remove them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, plane in enumerate(array):
        write_slice(folder / name.format(number), plane, ORIGIN_MM[2] + number * SPACING_MM[2], **elements)
    return folder


def write_slice(path: Path, plane: np.ndarray, height_mm: float, **elements: object) -> Path:
    """One axial slice of HU `[Y, X]`."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[str(path)])
    dataset = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    header = STUDY | {
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
        "Modality": "CT",
        "SeriesInstanceUID": "1.2.3.4",
        "FrameOfReferenceUID": "1.2.3.5",
        "Rows": plane.shape[0],
        "Columns": plane.shape[1],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 1,
        "PixelSpacing": [SPACING_MM[1], SPACING_MM[0]],
        "SliceThickness": SPACING_MM[2],
        "ImagePositionPatient": [*ORIGIN_MM[:2], height_mm],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "RescaleSlope": 1,
        "RescaleIntercept": INTERCEPT,
        "PixelData": (plane - INTERCEPT).astype(np.int16).tobytes(),
    }
    for keyword, value in (header | elements).items():
        if value is not None:
            setattr(dataset, keyword, value)
    dataset.save_as(path, enforce_file_format=True)
    return path


def write_dicom_seg(path: Path, series: Path, masks: Mapping[str, np.ndarray], kind: str = "BINARY") -> Path:
    """A DICOM-SEG of masks `[Z, Y, X]` on the slices of a series."""
    from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentDescription
    from pydicom.sr.codedict import codes

    slices = [pydicom.dcmread(file) for file in sorted(series.iterdir())]
    descriptions = [
        SegmentDescription(number, name, codes.SCT.Organ, codes.SCT.Liver, SegmentAlgorithmTypeValues.MANUAL)
        for number, name in enumerate(masks, start=1)
    ]
    segmentation = Segmentation(
        source_images=slices,
        pixel_array=np.stack(list(masks.values()), axis=-1),
        segmentation_type=kind,
        segment_descriptions=descriptions,
        series_instance_uid="1.2.3.6",
        series_number=2,
        sop_instance_uid=generate_uid(entropy_srcs=[str(path)]),
        instance_number=1,
        manufacturer="",
        manufacturer_model_name="",
        software_versions="1",
        device_serial_number="1",
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    segmentation.save_as(path)
    return path


def write_rtstruct(path: Path, boxes: Mapping[str, Sequence[Any]], kind: str = "CLOSED_PLANAR", **moved: float) -> Path:
    """An RTSTRUCT whose structures are boxes `(z, y start, y stop, x start, x stop)` of voxels; z may be several slices.

    Args:
        path: the file.
        boxes: structure -> its box.
        kind: the ContourGeometricType.
        moved: `z_mm`, how far the contours are moved.
    """
    content = pydicom.Dataset()
    content.file_meta = FileMetaDataset()
    content.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    content.file_meta.MediaStorageSOPClassUID = content.SOPClassUID = RTStructureSetStorage
    content.file_meta.MediaStorageSOPInstanceUID = content.SOPInstanceUID = "1.2.3.7"
    content.Modality = "RTSTRUCT"
    content.StructureSetROISequence, content.ROIContourSequence = [], []
    for number, (name, (z, y_start, y_stop, x_start, x_stop)) in enumerate(boxes.items(), start=1):
        roi, drawn = pydicom.Dataset(), pydicom.Dataset()
        roi.ROINumber = drawn.ReferencedROINumber = number
        roi.ROIName = name
        corners = [(x_start, y_start), (x_stop, y_start), (x_stop, y_stop), (x_start, y_stop)]
        drawn.ContourSequence = []
        for place in np.atleast_1d(z):
            contour = pydicom.Dataset()
            indices = np.array([(x - 0.5, y - 0.5, place) for x, y in corners])
            points = np.array(ORIGIN_MM) + indices * SPACING_MM + (0, 0, moved.get("z_mm", 0.0))
            contour.ContourGeometricType = kind
            contour.ContourData = [f"{coordinate:.8g}" for coordinate in points.ravel()]
            drawn.ContourSequence.append(contour)
        content.StructureSetROISequence.append(roi)
        content.ROIContourSequence.append(drawn)
    path.parent.mkdir(parents=True, exist_ok=True)
    content.save_as(path, enforce_file_format=True)
    return path
