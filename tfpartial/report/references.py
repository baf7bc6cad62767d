"""The expert's label map of a case, and a predicted one on the same grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfpartial.data.case_labels import read_case_labels
from tfpartial.data.files import LabelFile
from tfpartial.data.label_reading import read_labels
from tfpartial.data.manifest import Manifest
from tfpartial.data.slabs import SlabReader


def read_reference(manifest: Manifest, case_id: str) -> np.ndarray | None:
    """The expert's label map: uint8 `[Z, Y, X]` in LPS, codes 0, 1..K, 255; None when the case has none.

    Raises:
        TfpartialError: the case is not in the manifest, or its labels cannot be used.
    """
    case = manifest.case(case_id)
    if not case.labels:
        return None
    return read_case_labels(case, SlabReader(case.images), manifest).codes


def read_prediction(manifest: Manifest, case_id: str, path: Path) -> np.ndarray:
    """A predicted label map of a case: uint8 `[Z, Y, X]` in LPS, codes 0, 1..K.

    Raises:
        TfpartialError: the file cannot be read, lies on another grid than the case's image, or has other values.
    """
    label = LabelFile(path, {organ: (organ_id,) for organ, organ_id in manifest.organs.ids.items()})
    grid = SlabReader(manifest.case(case_id).images).native
    return read_labels([label], grid, manifest.organs, manifest.organs.names, manifest.tolerance_mm).codes
