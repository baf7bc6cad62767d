"""The expert's label map of a case, and a predicted one on the same grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfpartial.data.geometry import Geometry, difference
from tfpartial.data.manifest import Manifest
from tfpartial.data.volume import open_volume, read_label
from tfpartial.errors import TfpartialError


def image_grid(manifest: Manifest, case_id: str) -> Geometry:
    """The stored grid of a case's image. Raises `TfpartialError` when its file cannot be read."""
    return Geometry.of(open_volume(manifest.case(case_id).images[0]))


def read_reference(manifest: Manifest, case_id: str) -> np.ndarray | None:
    """The expert's label map: uint8 `[Z, Y, X]` in LPS, codes 0, 1..K, 255; None when the case has none.

    Raises:
        TfpartialError: the case is not in the manifest, or its label map cannot be used.
    """
    path = manifest.case(case_id).label
    if path is None:
        return None
    return read_label(path, image_grid(manifest, case_id), manifest.tolerance_mm, manifest.organs, manifest.ignore_value)


def read_prediction(manifest: Manifest, case_id: str, path: Path) -> np.ndarray:
    """A predicted label map of a case: uint8 `[Z, Y, X]` in LPS, codes 0, 1..K.

    Raises:
        TfpartialError: the file cannot be read, lies on another grid than the case's image, or has other values.
    """
    grid = image_grid(manifest, case_id)
    apart = difference(grid, Geometry.of(open_volume(path)), manifest.tolerance_mm)
    if apart:
        image = manifest.case(case_id).images[0]
        raise TfpartialError(f"prediction {path} does not lie on the grid of image {image}: {apart}")
    return read_label(path, grid, manifest.tolerance_mm, manifest.organs)
