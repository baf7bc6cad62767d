"""One contestant of `benchmarks.surface` that runs under our interpreter: ours, or the plain way over the full volume."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from benchmarks.surface_case import Case, Metrics, by_organ, measure
from tfpartial.labels import OrganTable
from tfpartial.metrics.scoring import score_case
from tfpartial.metrics.surfaces import SurfaceKind
from tfpartial.names import require_case


def ours(case: Case, surface: SurfaceKind) -> list[Metrics]:
    """`score_case`, as the verb `score` calls it."""
    organs = OrganTable(tuple(f"organ {number + 1}" for number in range(case.organs)))
    tolerances_mm = dict.fromkeys(organs.names, case.tolerance_mm)
    pair = case.reference, case.prediction
    scores = score_case(require_case("case", "surface"), *pair, organs, organs.names, case.spacing_mm, tolerances_mm, surface)
    return [{"dsc": one.dsc, "hd": one.hd_mm, "hd95": one.hd95_mm, "asd": one.asd_mm, "nsd": one.nsd} for one in scores]


def plain_scipy(reference: np.ndarray, prediction: np.ndarray, case: Case) -> Metrics:
    """Erosion and distance transform of the whole volume, one of each per mask."""
    borders = [mask & ~ndimage.binary_erosion(mask) for mask in (reference, prediction)]
    maps = (ndimage.distance_transform_edt(~border, sampling=case.spacing_mm) for border in borders[::-1])
    distances = [apart[border] for apart, border in zip(maps, borders, strict=True)]
    return _metrics(reference, prediction, distances, case.tolerance_mm)


def plain_simpleitk(reference: np.ndarray, prediction: np.ndarray, case: Case) -> Metrics:
    """Contour and distance map of the whole volume, one of each per mask."""
    borders = [sitk.LabelContour(_image(mask, case), fullyConnected=False) for mask in (reference, prediction)]
    distances = []
    for border, other in zip(borders, borders[::-1], strict=True):
        apart = sitk.SignedMaurerDistanceMap(other, squaredDistance=False, useImageSpacing=True)
        signed = sitk.GetArrayViewFromImage(apart)[sitk.GetArrayViewFromImage(border) > 0].astype(float)
        distances.append(signed.clip(min=0))  # negative inside of a border that is thicker than one voxel
    return _metrics(reference, prediction, distances, case.tolerance_mm)


def _image(mask: np.ndarray, case: Case) -> sitk.Image:
    image = sitk.GetImageFromArray(mask.view(np.uint8))
    image.SetSpacing(case.spacing_mm[::-1])
    return sitk.ConstantPad(image, (1, 1, 1), (1, 1, 1), 0)  # the contour filter sees no outside at the edge of an image


def _metrics(reference: np.ndarray, prediction: np.ndarray, distances: Sequence[np.ndarray], tolerance_mm: float) -> Metrics:
    together = np.concatenate(distances)
    return {
        "dsc": float(2 * (reference & prediction).sum() / (reference.sum() + prediction.sum())),
        "hd": float(together.max()),
        "hd95": float(max(np.percentile(one, 95) for one in distances)),
        "asd": float(together.mean()),
        "nsd": float((together <= tolerance_mm).mean()),
    }


CONTESTANTS: dict[str, Callable[[Case], Sequence[Metrics]]] = {
    "voxels": partial(ours, surface="voxels"),
    "elements": partial(ours, surface="elements"),
    "scipy": by_organ(plain_scipy),
    "simpleitk": by_organ(plain_simpleitk),
}


if __name__ == "__main__":
    measure(CONTESTANTS[sys.argv[2]])
