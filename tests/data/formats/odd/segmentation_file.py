"""Writes DICOM segmentations of a CT series of 5 × 4 × 4 voxels."""

from pathlib import Path

import numpy as np
import pydicom
from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentDescription
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid

from tfpartial.data.geometry import Geometry

SHAPE = (4, 4, 5)
GRID = Geometry((5, 4, 4), (1.0, 2.0, 3.0), (-10.0, -20.0, 0.0))
NAMES = ("liver", "tumour", "liver")
NAMES_READ = ("liver", "tumour", "liver (2)")


def write_reference(series) -> list[pydicom.Dataset]:
    """The slices of a CT series, for `write_segmentation`; `series` is the fixture."""
    patient = {
        "StudyInstanceUID": "1.2.3",
        "PatientID": "p",
        "PatientName": "",
        "PatientBirthDate": "",
        "PatientSex": "",
        "AccessionNumber": "",
        "StudyID": "",
        "StudyDate": "",
        "StudyTime": "",
        "ReferringPhysicianName": "",
    }
    return [pydicom.dcmread(path) for path in series.write(heights_mm=(0, 3, 6, 9), **patient)]


def masks() -> np.ndarray:
    """`[z, y, x, segment]`: a liver with a tumour inside, and a second liver on one slice; the first slice is empty."""
    array = np.zeros((*SHAPE, len(NAMES)), np.uint8)
    array[1:3, 1:4, 1:4, 0] = 1
    array[2, 2, 2, 1] = 1
    array[3, 0, 4, 2] = 1
    return array


def write_segmentation(path: Path, ct: list[pydicom.Dataset], array: np.ndarray, kind: str = "BINARY") -> Path:
    descriptions = [
        SegmentDescription(
            segment_number=number,
            segment_label=name,
            segmented_property_category=codes.SCT.Organ,
            segmented_property_type=codes.SCT.Liver,
            algorithm_type=SegmentAlgorithmTypeValues.MANUAL,
        )
        for number, name in enumerate(NAMES, start=1)
    ]
    Segmentation(
        source_images=ct,
        pixel_array=array,
        segmentation_type=kind,
        segment_descriptions=descriptions,
        series_instance_uid=generate_uid(),
        series_number=2,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="",
        manufacturer_model_name="",
        software_versions="1",
        device_serial_number="1",
    ).save_as(path)
    return path
