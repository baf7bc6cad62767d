"""Writes RT structure sets for an image of 8 × 7 × 4 voxels."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage

from tfpartial.data.geometry import Geometry

GRID = Geometry((8, 7, 4), (2.0, 2.0, 5.0), (10.0, 20.0, 30.0))
SQUARE = [[2, 1], [5, 1], [5, 4], [2, 4]]


def contour(points, place, grid=GRID, kind="CLOSED_PLANAR"):
    """A contour through voxel indices (x, y) of slice `place` of a stored grid."""
    item = pydicom.Dataset()
    item.ContourGeometricType = kind
    indices = np.column_stack([np.reshape(np.asarray(points, float), (-1, 2)), np.full(len(points), place)])
    item.ContourData = [f"{number:.8g}" for number in grid.positions_mm(indices).ravel()]
    return item


def write_structure_set(
    path: Path, rois: dict[str, list[pydicom.Dataset]], change: Callable[[pydicom.Dataset], None] | None = None
) -> Path:
    """A structure set; `change` is done to it before it is saved."""
    content = pydicom.Dataset()
    content.file_meta = FileMetaDataset()
    content.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    content.file_meta.MediaStorageSOPClassUID = content.SOPClassUID = RTStructureSetStorage
    content.file_meta.MediaStorageSOPInstanceUID = content.SOPInstanceUID = "1.2.3"
    content.StructureSetROISequence, content.ROIContourSequence = [], []
    for number, (name, contours) in enumerate(rois.items(), start=1):
        roi, drawn = pydicom.Dataset(), pydicom.Dataset()
        roi.ROINumber = drawn.ReferencedROINumber = number
        roi.ROIName = name
        drawn.ContourSequence = contours
        content.StructureSetROISequence.append(roi)
        if contours:
            content.ROIContourSequence.append(drawn)
    if change:
        change(content)
    content.save_as(path, enforce_file_format=True)
    return path
