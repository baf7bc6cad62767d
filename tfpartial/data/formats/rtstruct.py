"""RT structure sets (PS3.3, sections A.19 and C.8.8.6): contours, drawn on the slices of the image."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom

from tfpartial.data.files import Step
from tfpartial.data.formats.contour_gaps import gaps, interpolate
from tfpartial.data.formats.contours import draw
from tfpartial.data.formats.dicom_errors import dicom_errors
from tfpartial.data.formats.label_values import ranges
from tfpartial.data.formats.rtstruct_rois import Roi, read_rois
from tfpartial.data.formats.segments import NamedSegments
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError

OFF_SLICE = 0.1
"""A contour lies on a slice when it is at most this share of the distance of slices away from it, at every point."""
HALF_VOXEL = 0.5
AXES = "xyz"


class RTStruct(NamedSegments):
    """An `OpenLabel` of an RTSTRUCT. Its keys are the ROINames; a ROI without contours is empty.

    Contours are brought to the image's grid by their world coordinates, and lie on its slices along whichever of its axes they
    are flat. A voxel belongs to a ROI when its centre does (see `contours.draw`). What was decided on the way is in the history,
    with a warning: repeated and overlapping contours, slices without a contour between others, contours without area.

    Args:
        path: the file.
        fill_gaps: so many slices in a row without a contour, between two with contours, are drawn by interpolation.

    Raises:
        FileError: `unreadable`. `mask`: `unknown_segment`; `not_planar`: points, open or tilted contours; `between_slices`;
            `outside_image`: a contour beyond the first or the last slice, or wholly beside the image; `no_voxels`: contours that
            have no voxel's centre. What lies beside the image of a contour that also lies in it is cut off, with a step `clip`
            in the history.
    """

    def __init__(self, path: Path, fill_gaps: int = 0) -> None:
        with dicom_errors(path):
            self._rois, nameless = read_rois(path, pydicom.dcmread(path))
        super().__init__(path, None, "rtstruct", [roi.name for roi in self._rois])
        self._fill_gaps = fill_gaps
        if nameless:
            numbers = ", ".join(nameless)
            self._note("contours", {"nameless": numbers}, f"contours of ROI number {numbers}, which has no name, are left out")

    def _segment(self, number: int, like: Geometry) -> np.ndarray:
        name, roi = self._names[number], self._rois[number]
        mask = np.zeros(like.shape_zyx, bool)
        self._note_left_out(name, roi)
        if roi.fault:
            raise FileError(self.path, roi.fault[0], f"segment '{name}': {roi.fault[1]}")
        if not roi.contours:
            return mask
        shapes = [like.lps.indices(points) for points in roi.contours]
        axis = int(np.argmin(sum(np.ptp(shape, axis=0) for shape in shapes)))  # x, y or z
        planes = np.moveaxis(mask, 2 - axis, 0)
        polygons = self._polygons(name, shapes, axis, like.lps)
        self._draw(name, polygons, planes, AXES[axis], roi.exclusive)
        if not mask.any():
            reason = f"segment '{name}': {len(shapes)} contours that hold no voxel's centre; leave the structure out, or mend it"
            raise FileError(self.path, "no_voxels", reason)
        spacing_mm = [mm for other, mm in enumerate(like.lps.spacing_mm_xyz) if other != axis][::-1]
        self._close_gaps(name, gaps(polygons), planes, AXES[axis], (spacing_mm[0], spacing_mm[1]))
        return mask

    def _polygons(self, name: str, shapes: Iterable[np.ndarray], axis: int, grid: Geometry) -> dict[int, list[np.ndarray]]:
        """Slice -> its contours `[points, 2]`, columns and rows of the slice."""
        across = [other for other in range(3) if other != axis]
        slices: dict[int, list[np.ndarray]] = defaultdict(list)
        outside = 0
        for shape in shapes:
            self._require_in_image(name, shape, axis, grid)
            slices[round(float(shape[:, axis].mean()))].append(shape[:, across])
            outside += int(_beyond(shape[:, across], [grid.size_xyz[one] for one in across]).any())
        if outside:
            self._note("clip", {"segment": name, "contours_beyond_the_image": outside})
        return slices

    def _draw(
        self, name: str, polygons: Mapping[int, Sequence[np.ndarray]], planes: np.ndarray, axis: str, exclusive: bool
    ) -> None:
        """Draws the contours on `planes` `[slices, rows, columns]`."""
        repeated, overlapping, empty = [], [], []
        for place, contours in polygons.items():
            drawn = draw(contours, planes.shape[1:], exclusive)
            planes[place] = drawn.mask
            repeated += [place] * (drawn.repeated > 0)
            overlapping += [place] * drawn.overlapping
            empty += [place] * (not drawn.mask.any())
        for where, what in (
            (repeated, "repeat each other; each counts once"),
            (overlapping, "overlap; they are united"),
            (empty, "hold no voxel's centre; nothing is drawn there"),
        ):
            if where:
                warning = f"segment '{name}': contours on {_slices(where, axis)} {what}"
                self._note("contours", {"segment": name, "slices": ranges(where), "what": what}, warning)

    def _close_gaps(
        self, name: str, found: Sequence[range], planes: np.ndarray, axis: str, spacing_mm: tuple[float, float]
    ) -> None:
        filled = [gap for gap in found if len(gap) <= self._fill_gaps and interpolate(planes, gap, spacing_mm)]
        for which, one, several in (
            (filled, "is drawn by interpolation", "are drawn by interpolation"),
            (
                [gap for gap in found if gap not in filled],
                "has no contour, between slices that have; it stays empty",
                "have no contour, between slices that have; they stay empty",
            ),
        ):
            places = [place for gap in which for place in gap]
            if places:
                what = several if len(places) > 1 else one
                warning = f"segment '{name}': {_slices(places, axis)} {what}"
                self._note("contours", {"segment": name, "slices": ranges(places), "what": what}, warning)

    def _note_left_out(self, name: str, roi: Roi) -> None:
        for count, what in ((roi.empty, "without points"), (roi.markers, "of one or two points, which have no area,")):
            if count:
                warning = f"segment '{name}': {count} contour{'s' * (count > 1)} {what} left out"
                self._note("contours", {"segment": name, "left_out": count, "what": what.strip(",")}, warning)

    def _note(self, step: str, detail: Mapping[str, Any], warning: str = "") -> None:
        """Adds a step to the history, once: a segment may be asked for again."""
        made = Step(step, {"file": str(self.path), **detail}, warning)
        if made not in self._steps:
            self._steps.append(made)

    def _require_in_image(self, name: str, shape: np.ndarray, axis: int, grid: Geometry) -> None:
        """A contour that lies on one of the image's slices, at least in part."""
        place = float(shape[:, axis].mean())
        where = f"segment '{name}': a contour at slice {place:.4g} along {AXES[axis]} (LPS, from 0)"
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


def _slices(places: Sequence[int], axis: str) -> str:
    return f"slice{'s' * (len(places) > 1)} {ranges(places)} along {axis} (LPS, from 0)"


def _beyond(points: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """Which points `[points, 2]` lie outside of the voxels of a slice."""
    return np.any((points < -HALF_VOXEL) | (points > np.asarray(sizes) - HALF_VOXEL), axis=1)
