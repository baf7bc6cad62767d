"""A data set in nnU-Net layout as DICOM: CT series, and RTSTRUCTs with a closed contour around every piece of an organ."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RTStructureSetStorage, generate_uid
from skimage.measure import find_contours

INTERCEPT = -1024
CT = {
    "Modality": "CT",
    "SamplesPerPixel": 1,
    "PhotometricInterpretation": "MONOCHROME2",
    "BitsAllocated": 16,
    "BitsStored": 16,
    "HighBit": 15,
    "PixelRepresentation": 1,
    "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
    "RescaleSlope": 1,
    "RescaleIntercept": INTERCEPT,
}


def write_dicom(root: Path, dataset: Path, organs: Mapping[str, int]) -> None:
    """Writes a folder per case (layout `dicom`).

    Args:
        root: folder to write.
        dataset: the data set; its volumes are axial, in LPS order.
        organs: organ -> its value in the label maps.
    """
    for path in sorted((dataset / "labelsTr").glob("*.nii.gz")):
        case = path.name.removesuffix(".nii.gz")
        image = sitk.ReadImage(str(dataset / "imagesTr" / f"{case}_0000.nii.gz"))
        common = {name: _uid(case, name) for name in ("StudyInstanceUID", "FrameOfReferenceUID")} | {"PatientID": case}
        _write_series(root / case / "ct", image, common)
        label = sitk.ReadImage(str(path))
        elements = {"Modality": "RTSTRUCT", "SeriesInstanceUID": _uid(case, "set"), **common, **_structures(label, organs)}
        _save(root / case / "structures.dcm", RTStructureSetStorage, _uid(case, "set", "1"), elements)


def _write_series(folder: Path, image: sitk.Image, common: Mapping[str, str]) -> None:
    folder.mkdir(parents=True)
    x_mm, y_mm, z_mm = image.GetSpacing()
    for number, hu in enumerate(sitk.GetArrayViewFromImage(image)):
        elements = {
            "SeriesInstanceUID": _uid(common["PatientID"], "series"),
            "InstanceNumber": number + 1,
            "Rows": hu.shape[0],
            "Columns": hu.shape[1],
            "PixelSpacing": [f"{spacing:.10g}" for spacing in (y_mm, x_mm)],
            "SliceThickness": f"{z_mm:.10g}",
            "ImagePositionPatient": [f"{place:.10g}" for place in image.TransformIndexToPhysicalPoint((0, 0, number))],
            "PixelData": (hu - INTERCEPT).astype("<i2").tobytes(),
        }
        uid = _uid(common["PatientID"], "slice", str(number))
        _save(folder / f"{number:04d}.dcm", CTImageStorage, uid, {**CT, **common, **elements})


def _structures(label: sitk.Image, organs: Mapping[str, int]) -> dict[str, list[Dataset]]:
    """The sequences of an RTSTRUCT with the organs of a label map."""
    codes = sitk.GetArrayViewFromImage(label)
    present = {organ: value for organ, value in organs.items() if (codes == value).any()}
    names = [_with(Dataset(), {"ROINumber": value, "ROIName": organ}) for organ, value in present.items()]
    contours = [
        _with(Dataset(), {"ReferencedROINumber": value, "ContourSequence": _contours(label, codes == value)})
        for value in present.values()
    ]
    return {"StructureSetROISequence": names, "ROIContourSequence": contours}


def _contours(label: sitk.Image, mask: np.ndarray) -> list[Dataset]:
    """The outlines of a mask `[Z, Y, X]`, slice by slice."""
    drawn = []
    for z in range(len(mask)):
        for outline in find_contours(np.pad(mask[z], 1).astype(float), 0.5):  # (points, 2): y, x; the padding adds 1
            points = [label.TransformContinuousIndexToPhysicalPoint((x - 1, y - 1, z)) for y, x in outline]
            text = [f"{place:.2f}" for point in points for place in point]
            elements = {"ContourGeometricType": "CLOSED_PLANAR", "NumberOfContourPoints": len(points), "ContourData": text}
            drawn.append(_with(Dataset(), elements))
    return drawn


def _save(path: Path, sop_class: str, uid: str, elements: Mapping[str, Any]) -> None:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = sop_class, uid
    dataset = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    _with(dataset, {"SOPClassUID": sop_class, "SOPInstanceUID": uid, **elements}).save_as(path, enforce_file_format=True)


def _with(dataset: Any, elements: Mapping[str, Any]) -> Any:
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def _uid(*names: str) -> str:
    return generate_uid(entropy_srcs=list(names))
