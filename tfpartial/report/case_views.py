"""A case cut in three planes: grey pictures, and contours as SVG paths over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from skimage.measure import approximate_polygon

from tfpartial.data.files import ImageFile
from tfpartial.data.label_maps.reference import read_prediction, read_reference
from tfpartial.data.manifest import Manifest
from tfpartial.data.volumes.slabs import SLAB, SlabReader
from tfpartial.labels import IGNORE, OrganTable
from tfpartial.names import CaseId
from tfpartial.pictures.body import body_box
from tfpartial.pictures.planes import VIEWS, Plane, cut, pick_slices, pixel_mm, shows_organ
from tfpartial.pictures.slice_picture import grey, outlines
from tfpartial.report.css_colours import hex_colours
from tfpartial.report.embedded_pictures import data_uri

LONGEST_PX = 384
"""The longer side of a grey picture: about 100 kB at most. It is there once, however many methods are drawn over it."""
TOLERANCE = 0.3
"""How far, in voxels, the drawn line may be from the outline: it has a quarter of the points then."""


@dataclass(frozen=True)
class Outline:
    """The outline of an organ: its name, its colour `#rrggbb`, and an SVG path in mm."""

    organ: str
    colour: str
    path: str


@dataclass(frozen=True)
class CaseView:
    """One plane of a case.

    Args:
        plane: axial, coronal or sagittal.
        place: which slice it is.
        left, top: what the left and the upper edge are, see `tfpartial.pictures.planes`.
        width_mm, height_mm: size of the tissue that is shown.
        image: the grey picture as a data URI; it is to be stretched to that size.
        expert: the expert's contours.
        predictions: those of each prediction.
    """

    plane: Plane
    place: str
    left: str
    top: str
    width_mm: float
    height_mm: float
    image: str
    expert: tuple[Outline, ...]
    predictions: tuple[tuple[Outline, ...], ...]


def view_case(manifest: Manifest, case: CaseId, predictions: Sequence[Path], window_hu: tuple[float, float]) -> list[CaseView]:
    """Cuts a case where most organs are, and crops the cuts to the body.

    Args:
        manifest: the data set.
        case: its id.
        predictions: label maps.
        window_hu: HU shown black and white.

    Returns:
        The three planes; of a picture (one slice) the axial one.

    Raises:
        TfpartialError: a file cannot be read, or lies on another grid than the image.
    """
    entry = manifest.case(case)
    reader = SlabReader(entry.images)
    reference = read_reference(manifest, case)
    label = np.zeros(reader.shape_zyx, np.uint8) if reference is None else reference
    places = _places(label, manifest, case, predictions)
    cuts: list[dict[Plane, np.ndarray]] = [{plane: cut(label, plane, places[plane]).copy() for plane in places}]
    for path in predictions:  # one at a time: volumes may be large
        codes = read_prediction(manifest, case, path)
        cuts.append({plane: cut(codes, plane, places[plane]).copy() for plane in places})
    images = _image_cuts(entry.images, places)
    spacing_mm = reader.native.spacing_mm_zyx
    return [
        _view(plane, place, reader.shape_zyx, images[plane], [one[plane] for one in cuts], spacing_mm, window_hu, manifest.organs)
        for plane, place in places.items()
    ]


def _places(label: np.ndarray, manifest: Manifest, case: CaseId, predictions: Sequence[Path]) -> dict[Plane, int]:
    """Where to cut: where the expert has most organs; where there are none, where the first prediction has."""
    candidates = (
        codes for codes in (label, *(read_prediction(manifest, case, path) for path in predictions)) if shows_organ(codes)
    )
    shown = next(candidates, None)
    thick: list[Plane] = [plane for plane in VIEWS if min(cut(label, plane, 0).shape) > 1]
    if shown is None:
        return {plane: label.shape[VIEWS[plane].axis] // 2 for plane in thick}
    return {plane: pick_slices(shown, plane, 1)[0] for plane in thick}


def _image_cuts(images: Sequence[ImageFile], places: Mapping[Plane, int]) -> dict[Plane, np.ndarray]:
    """The cuts of channel 0, slab by slab."""
    pieces: dict[Plane, list[np.ndarray]] = {plane: [] for plane in places}
    for start, slab in SlabReader(images).numbers(SLAB):
        volume = slab[..., 0]
        for plane, place in places.items():
            if plane != "axial":
                pieces[plane].insert(0, cut(volume, plane, place).copy())  # the head is at the top
            elif start <= place < start + len(volume):
                pieces[plane].append(cut(volume, plane, place - start).copy())
    return {plane: np.concatenate(found) for plane, found in pieces.items()}


def _view(
    plane: Plane,
    place: int,
    shape_zyx: tuple[int, int, int],
    hu: np.ndarray,
    labels: Sequence[np.ndarray],
    spacing_mm: tuple[float, float, float],
    window_hu: tuple[float, float],
    organs: OrganTable,
) -> CaseView:
    size_mm = pixel_mm(spacing_mm, plane)
    box = body_box(hu, np.any([(label > 0) & (label != IGNORE) for label in labels], axis=0))
    hu, labels = hu[box], [label[box] for label in labels]
    height_mm, width_mm = np.multiply(hu.shape, size_mm).tolist()
    expert, *predictions = (_outlines(label, size_mm, organs) for label in labels)
    axis = VIEWS[plane].axis
    place_text = f"slice {place + 1} of {shape_zyx[axis]}"
    view = VIEWS[plane]
    image = grey_uri(hu, window_hu)
    return CaseView(
        plane, place_text, view.left, view.top, round(width_mm, 1), round(height_mm, 1), image, expert, tuple(predictions)
    )


def _outlines(label: np.ndarray, size_mm: tuple[float, float], organs: OrganTable) -> tuple[Outline, ...]:
    colours = hex_colours(len(organs))
    shown = [(organ, code) for organ, code in organs.ids.items() if np.any(label == code)]
    return tuple(Outline(organ, colours[code - 1], outline_path(label == code, size_mm)) for organ, code in shown)


def outline_path(mask: np.ndarray, size_mm: tuple[float, float]) -> str:
    """SVG path around bool `[rows, columns]`, in mm from the upper left corner of the picture, to a tenth.

    Args:
        mask: with at least one true place.
        size_mm: height and width of a pixel.
    """
    path = ""
    for line in outlines(mask, np.ones(2)):
        points = approximate_polygon(line, TOLERANCE)[:-1] * size_mm  # the last point is the first
        path += "M" + "L".join(f"{x:.4g} {y:.4g}" for y, x in points.tolist()) + "z"
    return path


def grey_uri(hu: np.ndarray, window_hu: tuple[float, float]) -> str:
    """HU `[rows, columns]` as a grey picture, of at most 384 pixels, in a data URI."""
    picture = grey(hu, window_hu)
    picture.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.LANCZOS)
    return data_uri(picture)
