"""A volume file in, a label map on its native grid out, in memory that does not grow with K."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfpartial.config import SearchConfig
from tfpartial.data.fold.positions import OrganPosition
from tfpartial.inference.cases import InputCase
from tfpartial.inference.predictor import Predictor
from tfpartial.inference.windows import MergedWindows, SliceWindows
from tfpartial.priors.boxes import OrganBoxes
from tfpartial.priors.grid import CoarseGrid
from tfpartial.priors.spatial_prior import SpatialPrior
from tfpartial.segmenter.find_organs import OrganFinder


def segment_case(
    predictor: Predictor,
    case: InputCase,
    out: Path,
    slab: int = 100,
    probabilities: bool = False,
    centres_mm: np.ndarray | None = None,
    boxes: OrganBoxes | None = None,
) -> int:
    """Segments one volume, slab by slab, and writes `<out>/<case>.nii.gz`.

    In memory are one slab and the label map, compressed. With probabilities, these pass through a scratch file of
    4 bytes per voxel and organ in `out`, and one organ at a time is in memory as it is written.

    Args:
        predictor: the network.
        case: the volume.
        out: folder of the label maps.
        slab: slices read at a time.
        probabilities: write `<out>/probabilities/<case>/<organ>.nii.gz` as well, float32 on the native grid.
        centres_mm: `[K, 3]`, where the organs are, for a network with a prior: z from the first slice, y and x from the middle of
            the slice, NaN for an organ without a place; none places no prior.
        boxes: outside them what is predicted is deleted; none keeps it.

    Returns:
        Number of slices.

    Raises:
        TfpartialError: a file cannot be read or written; nothing of this case is left then.
    """
    windows = SliceWindows(case, predictor.card, slab)
    with MergedWindows(windows, out, probabilities) as merged:
        for start, hu in windows:
            places = windows.places(start, len(hu), centres_mm)
            labels, probability = (
                predictor.labels_and_probabilities(hu, places) if probabilities else (predictor.labels(hu, places), None)
            )
            if boxes is not None and places is not None:
                boxes.delete_outside(places, labels, probability)
            merged.write(start, labels, probability)
            del hu, labels, probability  # they would stay while the next window is read
    return windows.reader.shape_zyx[0]


def find_in_case(
    finder: OrganFinder, case: InputCase, prior: SpatialPrior, search: SearchConfig, slab: int = 100
) -> dict[str, OrganPosition]:
    """Finds the organs of one volume, slab by slab: organ -> position. Raises `TfpartialError` as `segment_case` does."""
    windows = SliceWindows(case, finder.card, slab)
    grid = CoarseGrid(windows.shape_zyx, windows.spacing_mm_zyx, prior.grid_mm)
    return finder.find(iter(windows), grid, prior, search)
