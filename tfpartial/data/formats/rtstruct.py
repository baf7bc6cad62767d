"""RT structure sets (PS3.3, sections A.19 and C.8.8.6): contours, drawn on the slices of the image."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom

from tfpartial.data.files import Step
from tfpartial.data.formats.dicom_errors import dicom_errors
from tfpartial.data.formats.even_odd import fill
from tfpartial.data.formats.segments import NamedSegments
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError

CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
OFF_SLICE = 0.1
"""A contour lies on a slice when it is at most this share of the distance of slices away from it, at every point."""
HALF_VOXEL = 0.5


class RTStruct(NamedSegments):
    """An `OpenLabel` of an RTSTRUCT. Its keys are the ROINames; a ROI without contours is empty.

    Contours are brought to the image's grid by their world coordinates, and lie on its slices along whichever of its axes they
    are flat. A voxel belongs to a ROI when its centre does (see `even_odd.fill`). The images that the file refers to, and its
    FrameOfReferenceUID, are not looked at: they are often wrong, and contours that do not lie on the slices are refused.

    Raises:
        FileError: `unreadable`. `mask`: `unknown_segment`; `not_planar`: points, open or tilted contours; `between_slices`;
            `outside_image`: a contour beyond the first or the last slice, or wholly beside the image. What lies beside the image
            of a contour that also lies in it is cut off, with a step `clip` in the history.
    """

    def __init__(self, path: Path) -> None:
        with dicom_errors(path):
            content = pydicom.dcmread(path)
            rois = content.get("StructureSetROISequence") or []
            drawn = {item.ReferencedROINumber: item for item in content.get("ROIContourSequence") or []}
            super().__init__(path, None, "rtstruct", [str(roi.ROIName) for roi in rois])
            self._contours = [_contours(drawn.get(roi.ROINumber)) for roi in rois]

    def _segment(self, number: int, like: Geometry) -> np.ndarray:
        name, contours = self._names[number], self._contours[number]
        mask = np.zeros(like.shape_zyx, bool)
        if not contours:
            return mask
        shapes = [self._indices(name, kind, data, like.lps) for kind, data in contours]
        axis = int(np.argmin(sum(np.ptp(shape, axis=0) for shape in shapes)))  # x, y or z
        across = [0, 1, 2]
        across.remove(axis)
        slices = defaultdict(list)
        outside = 0
        for shape in shapes:
            self._require_in_image(name, shape, axis, like.lps)
            slices[round(float(shape[:, axis].mean()))].append(shape[:, across])
            outside += int(_beyond(shape[:, across], [like.lps.size_xyz[one] for one in across]).any())
        if outside:
            self._steps.append(Step("clip", {"file": str(self.path), "segment": name, "contours_beyond_the_image": outside}))
        planes = np.moveaxis(mask, 2 - axis, 0)
        for place, polygons in slices.items():
            planes[place] = fill(polygons, planes.shape[1:])
        return mask

    def _indices(self, name: str, kind: str, data: Sequence[float], grid: Geometry) -> np.ndarray:
        """Voxel indices `[points, 3]` (x, y, z) of a contour's points."""
        if kind not in CLOSED:
            raise FileError(self.path, "not_planar", f"segment '{name}': expected closed contours, got {kind}")
        points = np.asarray(data, float)
        if not points.size or points.size % 3 or not np.isfinite(points).all():
            why = f"segment '{name}': expected x, y and z of each point of a contour, got {points.size} numbers"
            raise FileError(self.path, "unreadable", why)
        return grid.indices(points.reshape(-1, 3))

    def _require_in_image(self, name: str, shape: np.ndarray, axis: int, grid: Geometry) -> None:
        """A contour that lies on one of the image's slices, at least in part."""
        place = float(shape[:, axis].mean())
        where = f"segment '{name}': a contour at slice {place:.4g} along {'xyz'[axis]} (LPS, from 0)"
        if np.ptp(shape[:, axis]) > 2 * OFF_SLICE:
            raise FileError(
                self.path, "not_planar", f"{where} is tilted by {np.ptp(shape[:, axis]):.3g} slices against the image's"
            )
        last = grid.size_xyz[axis] - 1
        if not -OFF_SLICE <= place <= last + OFF_SLICE:
            raise FileError(self.path, "outside_image", f"{where} lies outside of the image, whose last slice is {last}")
        if np.abs(shape[:, axis] - round(place)).max() > OFF_SLICE:
            raise FileError(self.path, "between_slices", f"{where} lies between the image's slices; was it drawn on this image?")
        across = [one for one in range(3) if one != axis]
        if _beyond(shape[:, across], [grid.size_xyz[one] for one in across]).all():
            raise FileError(self.path, "outside_image", f"{where} lies wholly beside the image")


def _contours(item: Any) -> list[tuple[str, list[float]]]:
    """Geometric type and coordinates of each contour of an item of the ROIContourSequence (3006,0039)."""
    sequence = (item.get("ContourSequence") if item is not None else None) or []
    return [(str(contour.ContourGeometricType), [float(number) for number in contour.ContourData]) for contour in sequence]


def _beyond(points: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """Which points `[points, 2]` lie outside of the voxels of a slice."""
    return np.any((points < -HALF_VOXEL) | (points > np.asarray(sizes) - HALF_VOXEL), axis=1)
