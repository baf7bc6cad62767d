"""One phantom patient: image and complete truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tfpartial.data.phantom.anatomy import draw_anatomy
from tfpartial.data.phantom.organs import ORGANS
from tfpartial.data.phantom.place import Field, lattice, place_parts
from tfpartial.data.phantom.raster import Painter, draw_texture
from tfpartial.data.phantom.scan import Scan, draw_scan, expose
from tfpartial.data.phantom.tissue import draw_tissues
from tfpartial.errors import TfpartialError

SMALLEST_SIDE = 16
HALF_WIDTH_MM = 216.0
"""Covers the widest field of view, off centre."""


@dataclass(frozen=True)
class PhantomCase:
    """A volume in LPS, z towards the head.

    Args:
        hu: int16 `[Z, Y, X]`.
        label: uint8 `[Z, Y, X]`: 0, or n + 1 for `ORGANS[n]`.
        structure: uint8 `[Z, Y, X]`: 0, or n + 1 for `structures[n]`; tells also what no label tells, as bowel and bones.
        structures: names of the parts.
        spacing_mm_zyx: spacing.
        origin_mm_zyx: position of the first voxel's centre.
    """

    hu: np.ndarray
    label: np.ndarray
    structure: np.ndarray
    structures: tuple[str, ...]
    spacing_mm_zyx: tuple[float, float, float]
    origin_mm_zyx: tuple[float, float, float]


def generate_case(
    seed: int, number: int, size: tuple[int, int] = (512, 512), slice_mm: tuple[float, float] = (2.5, 5.0)
) -> PhantomCase:
    """Draws patient `number` of the set `seed`, whatever the other patients are.

    The patient and the scan's coverage do not depend on `size`: the same body is seen with other pixels.

    Args:
        seed: of the data set, 0 or more.
        number: of the patient, 0 or more.
        size: rows and columns; the field of view is a square of about 400 mm, whatever they are.
        slice_mm: range of the slice thickness.

    Raises:
        TfpartialError: a negative seed or number, a side under 16 voxels, or a range that is not 0 < low <= high.
    """
    check_request(seed, number, size, slice_mm)
    anatomy, tissue, scanner, texture, noise = _streams(seed, number, 5)
    scan = draw_scan(scanner, size, slice_mm)
    z_mm = scan.centres_mm(0)
    axes = lattice(HALF_WIDTH_MM, (z_mm[0] - scan.spacing_mm_zyx[0], z_mm[-1] + scan.spacing_mm_zyx[0]))
    fields = place_parts(draw_anatomy(anatomy), axes)
    hu, structure = _acquire(Painter(fields, draw_tissues(tissue), draw_texture(texture, axes), axes, scan), noise)
    names = tuple(field.part.name for field in fields)
    return PhantomCase(hu, _codes(fields)[structure], structure, names, scan.spacing_mm_zyx, scan.origin_mm_zyx)


def check_request(seed: int, number: int, size: tuple[int, int], slice_mm: tuple[float, float]) -> None:
    """Raises `TfpartialError` as `generate_case` does."""
    if seed < 0 or number < 0:
        raise TfpartialError(f"phantom: expected a seed and a patient number of 0 or more, got {seed} and {number}")
    if min(size) < SMALLEST_SIDE:
        raise TfpartialError(f"phantom: expected a size of at least {SMALLEST_SIDE} x {SMALLEST_SIDE} voxels, got {tuple(size)}")
    if not 0 < slice_mm[0] <= slice_mm[1] < np.inf:
        raise TfpartialError(f"phantom: expected slice_mm as 0 < low <= high in mm, got {tuple(slice_mm)}")


def _streams(seed: int, number: int, count: int) -> list[np.random.Generator]:
    """Independent generators, one per aspect: another draw in one leaves the others as they were."""
    sequence = np.random.SeedSequence(seed, spawn_key=(number,))
    return [np.random.default_rng(child) for child in sequence.spawn(count)]


def _acquire(painter: Painter, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """All slices: HU int16 and structure uint8, `[Z, Y, X]`."""
    scan: Scan = painter.scan
    hu = np.empty((scan.slices, *scan.size), dtype=np.int16)
    structure = np.empty(hu.shape, dtype=np.uint8)
    for z, (clean_hu, structure[z]) in enumerate(painter.slices()):
        hu[z] = expose(rng, clean_hu, scan)
    return hu, structure


def _codes(fields: list[Field]) -> np.ndarray:
    """Label code of each structure code, uint8."""
    names = [field.part.name for field in fields]
    return np.array([0, *(ORGANS.index(name) + 1 if name in ORGANS else 0 for name in names)], dtype=np.uint8)
