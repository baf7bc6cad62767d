"""What an image is: its grid, its numbers, and whether they may be HU or labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from tfpartial.data.files import ImageFile
from tfpartial.data.formats.image import open_image
from tfpartial.data.formats.opened import OpenImage
from tfpartial.data.formats.picture import read_picture
from tfpartial.data.formats.picture_stack import read_stack
from tfpartial.data.geometry import Geometry
from tfpartial.data.hu import BINS, DEEPEST, HU_LOWEST, deep_histogram, hu_histogram
from tfpartial.data.ingest.intensity import check_intensities
from tfpartial.data.number_map import to_hu
from tfpartial.data.survey.percentiles import float_percentiles
from tfpartial.data.survey.value_counts import VALUES, ValueCounts, count_table
from tfpartial.data.volumes.slabs import SLAB

MOST_LABELS = 160
"""A volume with more values than this is no label map; the largest organ tables have about 120."""
SHARES = (0.5, 50.0, 99.5)


def describe_volume(path: Path) -> dict[str, Any]:
    """A volume file: an image, or by its values a label map. Raises `FileError` when it cannot be read."""
    opened = open_image(ImageFile(path))
    numbers = _Numbers(lambda: (slab for _, slab in opened.slabs(SLAB)))
    facts = {**opened.history[0].detail, **describe_grid(opened.native), **numbers.facts()}
    return {"is": "volume file", **facts, **(numbers.values() or numbers.doubts())}


def describe_image(opened: OpenImage) -> dict[str, Any]:
    """The grid and the numbers of an opened image. Raises `FileError` when it cannot be read."""
    numbers = _Numbers(lambda: (slab for _, slab in opened.slabs(SLAB)))
    return {**describe_grid(opened.native), **numbers.facts(), **numbers.doubts()}


def describe_picture(path: Path) -> dict[str, Any]:
    """A picture of one slice. Raises `FileError` when it cannot be read."""
    pixels = read_picture(path)
    height, width, *colours = pixels.shape
    numbers = _Numbers(lambda: [pixels])
    facts = {"file": str(path), "size": [width, height], "colours": (*colours, 1)[0], **numbers.facts()}
    return {"is": "picture", **facts, **({} if colours else numbers.values())}


def describe_stack(folder: Path) -> dict[str, Any]:
    """A folder of pictures, one per slice. Raises `FileError` when they cannot be read, or are of several sizes."""
    pixels = read_stack(folder)
    numbers = _Numbers(lambda: [pixels])
    facts = {"file": str(folder), "size": list(pixels.shape[::-1]), **numbers.facts()}
    return {"is": "pictures, one per slice", **facts, **numbers.values()}


def describe_grid(native: Geometry) -> dict[str, Any]:
    """Size and spacing along the stored axes, and where these run to."""
    return {
        "size": list(native.size_xyz),
        "spacing_mm": [round(mm, 6) for mm in native.spacing_mm_xyz],
        "orientation": native.orientation,
        "origin_mm": [round(mm, 4) for mm in native.origin_mm_xyz],
    }


class _Numbers:
    """The numbers of an image, read once; for the percentiles of fractions, or of numbers beyond int16, three times.

    Args:
        slabs: gives the numbers `[..., X]`, anew at each call.
    """

    def __init__(self, slabs: Callable[[], Iterable[np.ndarray]]) -> None:
        self._slabs = slabs
        table = np.zeros(VALUES, np.int64)
        self._histogram = np.zeros(BINS, np.int64)
        self._deep = np.zeros(HU_LOWEST - DEEPEST, np.int64)
        self._lowest, self._highest = np.inf, -np.inf
        self._whole = True
        self._neighbours = self._equal_neighbours = 0
        for slab in slabs():
            self._dtype = slab.dtype
            self._lowest, self._highest = min(self._lowest, float(slab.min())), max(self._highest, float(slab.max()))
            hu, clipped = to_hu(slab)
            table += count_table(hu)
            self._histogram += hu_histogram(hu)
            self._deep += deep_histogram(hu)
            self._whole &= not clipped and bool((hu == slab).all())
            self._compare_neighbours(slab)
        self._counts = ValueCounts.of_table(table)

    def facts(self) -> dict[str, Any]:
        """Type, range and percentiles."""
        return {
            "voxels": str(self._dtype),
            "range": [self._lowest, self._highest],
            "percentiles 0.5, 50, 99.5": self._counts.percentiles(SHARES)
            if self._whole
            else float_percentiles(self._slabs, SHARES),
        }

    def values(self) -> dict[str, Any]:
        """Voxels per value, if they may be labels: few whole numbers from 0 on, and neighbours mostly the same. Else nothing."""
        few = self._whole and self._lowest >= 0 and len(self._counts.values) <= MOST_LABELS
        if not few or 2 * self._equal_neighbours < self._neighbours:
            return {}
        pairs = zip(self._counts.values.tolist(), self._counts.counts.tolist(), strict=True)
        return {"may be": "a label map", "values": [{"value": value, "voxels": count} for value, count in pairs]}

    def doubts(self) -> dict[str, Any]:
        """Whether the numbers may be HU."""
        doubt = check_intensities(self._histogram, self._deep, self._lowest, self._highest)
        option = " (option of the sources of `ingest`)" if doubt and "rescale:" in doubt else ""
        return {"if it is a CT": f"{doubt}{option}" if doubt else "its numbers may be HU"}

    def _compare_neighbours(self, slab: np.ndarray) -> None:
        left, right = slab[..., :-1], slab[..., 1:]
        inside = (left != 0) & (right != 0)
        self._neighbours += int(np.count_nonzero(inside))
        self._equal_neighbours += int(np.count_nonzero(inside & (left == right)))
