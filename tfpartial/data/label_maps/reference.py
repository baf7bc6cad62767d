"""The expert's label map of a case, and a predicted one on the same grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfpartial.checksums import require_intact
from tfpartial.data.formats.label import open_label
from tfpartial.data.formats.label_map import LabelMap
from tfpartial.data.geometry import difference
from tfpartial.data.label_maps.case_labels import read_case_labels
from tfpartial.data.label_maps.organ_names import organs_of
from tfpartial.data.label_maps.reading import read_labels
from tfpartial.data.manifest import Manifest
from tfpartial.data.problem import FileError
from tfpartial.data.volumes.slabs import SlabReader
from tfpartial.names import CaseId


def read_reference(manifest: Manifest, case_id: CaseId) -> np.ndarray | None:
    """The expert's label map: uint8 `[Z, Y, X]` in LPS, codes 0, 1..K, 255; None when the case has none.

    Raises:
        TfpartialError: the case is not in the manifest, or its labels cannot be used.
    """
    case = manifest.case(case_id)
    if not case.labels:
        return None
    return read_case_labels(case, SlabReader(case.images), manifest).codes


def read_prediction(manifest: Manifest, case_id: CaseId, path: Path) -> np.ndarray:
    """A predicted label map of a case, or segments by the organs' names: uint8 `[Z, Y, X]` in LPS, codes 0, 1..K.

    Raises:
        TfpartialError: the file is another one than `predict` wrote.
        FileError: the file cannot be read, or has values that are no organ; `prediction_grid`: it lies on another grid than the
            case's image.
    """
    require_intact(path)
    label = organs_of(path, manifest.organs)
    image = manifest.case(case_id).images[0]
    grid = SlabReader([image]).native
    opened = open_label(path)
    stored = opened.native if isinstance(opened, LabelMap) else None  # segments may be cropped; `read_labels` places them
    apart = stored and difference(grid, stored, manifest.tolerance_mm)
    if apart:
        raise FileError(path, "prediction_grid", f"does not lie on the grid of the image {image.path}: {apart}")
    return read_labels([label], grid, manifest.organs, manifest.organs.names, manifest.tolerance_mm).codes
