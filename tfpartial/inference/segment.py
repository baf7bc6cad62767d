"""A volume file in, a label map on its native grid out, in memory that does not grow with K."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from pathlib import Path

import numpy as np

from tfpartial.data.inplane import InPlane
from tfpartial.data.label_writer import LabelWriter
from tfpartial.data.slabs import SlabReader
from tfpartial.errors import TfpartialError
from tfpartial.inference.cases import InputCase
from tfpartial.inference.predictor import Predictor
from tfpartial.inference.probability_files import PROBABILITIES, ProbabilityWriter

LOG = logging.getLogger(__name__)


def segment_case(predictor: Predictor, case: InputCase, out: Path, slab: int = 100, probabilities: bool = False) -> int:
    """Segments one volume, slab by slab, and writes `<out>/<case>.nii.gz`.

    In memory are one slab and the label map, compressed. With probabilities, these pass through a scratch file of
    4 bytes per voxel and organ in `out`, and one organ at a time is in memory as it is written.

    Args:
        predictor: the network.
        case: the volume.
        out: folder of the label maps.
        slab: slices read at a time.
        probabilities: write `<out>/probabilities/<case>/<organ>.nii.gz` as well, float32 on the native grid.

    Returns:
        Number of slices.

    Raises:
        TfpartialError: a file cannot be read or written; nothing of this case is left then.
    """
    if slab < 1:
        raise TfpartialError(f"slab: expected 1 or more slices, got {slab}")
    reader = SlabReader(case.images)
    in_plane = _in_plane(reader, predictor, case.id)
    organs = predictor.card.organs.names
    sink = ProbabilityWriter(out / PROBABILITIES / case.id, reader.native, organs) if probabilities else nullcontext()
    with LabelWriter(out / f"{case.id}.nii.gz", reader.native) as label_writer, sink as probability_writer:
        for z_start, slices in reader.slabs(slab):
            label_writer.write(z_start, _segment_slab(predictor, in_plane, z_start, slices, probability_writer))
            del slices  # it would stay while the next slab is read
    return reader.shape_zyx[0]


def _segment_slab(
    predictor: Predictor, in_plane: InPlane, z_start: int, slices: np.ndarray, probability_writer: ProbabilityWriter | None
) -> np.ndarray:
    """Label map uint8 `[n, Y, X]` of int16 HU `[n, Y, X, C]`; hands on the probabilities, if asked for."""
    hu = in_plane.image(slices)
    if probability_writer is None:
        return in_plane.native_label(predictor.labels(hu))
    labels, probability = predictor.labels_and_probabilities(hu)
    probability_writer.write(z_start, in_plane.native_probability(probability))
    return in_plane.native_label(labels)


def _in_plane(reader: SlabReader, predictor: Predictor, case: str) -> InPlane:
    """The map to the network's slice; a warning says how much of a slice the network does not see."""
    card = predictor.card
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
