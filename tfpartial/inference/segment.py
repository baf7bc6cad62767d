"""A volume file in, a label map on its native grid out, in memory that does not grow with K."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from pathlib import Path

import numpy as np

from tfpartial.config import SearchConfig
from tfpartial.data.fold.positions import OrganPosition
from tfpartial.data.store.inplane import InPlane
from tfpartial.data.volumes.label_writer import LabelWriter
from tfpartial.data.volumes.slabs import SlabReader
from tfpartial.errors import TfpartialError
from tfpartial.inference.cases import InputCase
from tfpartial.inference.find_organs import OrganFinder
from tfpartial.inference.predictor import Predictor
from tfpartial.inference.probability_files import PROBABILITIES, ProbabilityWriter
from tfpartial.priors.grid import CoarseGrid
from tfpartial.priors.render import SlicePlaces, places_of_slices
from tfpartial.priors.spatial_prior import SpatialPrior
from tfpartial.segmenter.card import SegmenterCard

LOG = logging.getLogger(__name__)


def segment_case(
    predictor: Predictor,
    case: InputCase,
    out: Path,
    slab: int = 100,
    probabilities: bool = False,
    centres_mm: np.ndarray | None = None,
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

    Returns:
        Number of slices.

    Raises:
        TfpartialError: a file cannot be read or written; nothing of this case is left then.
    """
    if slab < 1:
        raise TfpartialError(f"slab: expected 1 or more slices, got {slab}")
    reader = SlabReader(case.images)
    in_plane = _in_plane(reader, predictor.card, case.id)
    organs = predictor.card.organs.names
    sink = ProbabilityWriter(out / PROBABILITIES / case.id, reader.native, organs) if probabilities else nullcontext()
    with LabelWriter(out / f"{case.id}.nii.gz", reader.native) as label_writer, sink as probability_writer:
        for z_start, slices in reader.slabs(slab):
            places = None
            if centres_mm is not None:
                spacing_mm = np.array(network_spacing_mm(reader, predictor.card))
                places = places_of_slices(centres_mm, spacing_mm, np.arange(z_start, z_start + len(slices)))
            label_writer.write(z_start, _segment_slab(predictor, in_plane, z_start, slices, places, probability_writer))
            del slices  # it would stay while the next slab is read
    return reader.shape_zyx[0]


def find_in_case(
    finder: OrganFinder, case: InputCase, prior: SpatialPrior, search: SearchConfig, slab: int = 100
) -> dict[str, OrganPosition]:
    """Finds the organs of one volume, slab by slab: organ -> position. Raises `TfpartialError` as `segment_case` does."""
    reader = SlabReader(case.images)
    in_plane = _in_plane(reader, finder.card, case.id)
    grid = CoarseGrid((reader.shape_zyx[0], *finder.card.size), network_spacing_mm(reader, finder.card), prior.grid_mm)
    return finder.find(((start, in_plane.image(slices)) for start, slices in reader.slabs(slab)), grid, prior, search)


def network_spacing_mm(reader: SlabReader, card: SegmenterCard) -> tuple[float, float, float]:
    """Spacing z, y, x of a volume's slices as the network sees them."""
    y, x = card.spacing_mm or reader.spacing_mm_zyx[1:]
    return reader.spacing_mm_zyx[0], y, x


def _segment_slab(
    predictor: Predictor,
    in_plane: InPlane,
    z_start: int,
    slices: np.ndarray,
    places: SlicePlaces | None,
    probability_writer: ProbabilityWriter | None,
) -> np.ndarray:
    """Label map uint8 `[n, Y, X]` of int16 HU `[n, Y, X, C]`; hands on the probabilities, if asked for."""
    hu = in_plane.image(slices)
    if probability_writer is None:
        return in_plane.native_label(predictor.labels(hu, places))
    labels, probability = predictor.labels_and_probabilities(hu, places)
    probability_writer.write(z_start, in_plane.native_probability(probability))
    return in_plane.native_label(labels)


def _in_plane(reader: SlabReader, card: SegmenterCard, case: str) -> InPlane:
    """The map to the network's slice; a warning says how much of a slice the network does not see."""
    native_size, native_spacing_mm = reader.shape_zyx[1:], reader.spacing_mm_zyx[1:]
    in_plane = InPlane(native_size, card.size, native_spacing_mm, card.spacing_mm)
    if in_plane.cropped:
        seen_mm = np.multiply(card.size, card.spacing_mm or native_spacing_mm)
        rows_mm, columns_mm = np.maximum(np.multiply(native_size, native_spacing_mm) - seen_mm, 0)
        LOG.warning(
            "case %s: its slices are larger than the network's; %.0f mm of the rows and %.0f mm of the columns, "
            "half at each side, are outside and stay background",
            *(case, rows_mm, columns_mm),
        )
    return in_plane
