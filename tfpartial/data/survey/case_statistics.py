"""What is in a case, read once: voxels, place and HU of its organs, and the numbers of its channels."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import ndimage

from tfpartial.data.label_maps.case_labels import read_case_labels
from tfpartial.data.manifest import Manifest, ManifestCase
from tfpartial.data.number_map import NumberMap, map_of
from tfpartial.data.survey.value_counts import VALUES, ValueCounts, count_table
from tfpartial.data.volumes.slabs import SLAB, SlabReader
from tfpartial.labels import IGNORE
from tfpartial.names import CaseId
from tfpartial.parallel import Scheduler, map_cases

Box = tuple[tuple[int, int], ...]
"""Along z, y and x: the first place, and the one after the last."""


@dataclass(frozen=True)
class OrganStatistics:
    """An organ in a case.

    Args:
        voxels: labelled voxels.
        box: bounding box; None without a voxel.
        hu_mean: mean of channel 0; NaN without a voxel.
        hu_percentiles: 5 %, 50 % and 95 % of channel 0; NaN without a voxel.
        slice_voxels: labelled voxels of each slice that has any, from the feet to the head.
    """

    voxels: int
    box: Box | None
    hu_mean: float
    hu_percentiles: tuple[float, float, float]
    slice_voxels: tuple[int, ...] = ()


ABSENT = OrganStatistics(0, None, np.nan, (np.nan, np.nan, np.nan))


@dataclass(frozen=True)
class CaseStatistics:
    """A case.

    Args:
        id: name of the case.
        source: the collection that it comes from.
        annotated: organs that somebody looked for.
        shape_zyx: size in voxels.
        spacing_mm_zyx: spacing.
        ignored: voxels to ignore.
        organs: one per organ of the table; those that are not annotated have no voxel.
        foreground: per channel, the numbers at the voxels of any organ, as stored (see `NumberMap`).
        nonzero_shape_zyx: size of the smallest box of the voxels that are not 0 in some channel; 0 when there are none.
    """

    id: CaseId
    source: str | None
    annotated: tuple[str, ...]
    shape_zyx: tuple[int, int, int]
    spacing_mm_zyx: tuple[float, float, float]
    ignored: int
    organs: tuple[OrganStatistics, ...]
    foreground: tuple[ValueCounts, ...]
    nonzero_shape_zyx: tuple[int, int, int]

    @property
    def voxels(self) -> int:
        """All voxels."""
        return math.prod(self.shape_zyx)

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel."""
        return math.prod(self.spacing_mm_zyx) / 1000

    @property
    def voxel_mm2(self) -> float:
        """Area of a voxel in its slice."""
        return math.prod(self.spacing_mm_zyx[1:])

    @property
    def organ_voxels(self) -> np.ndarray:
        """Voxels per organ, int64 `[K]`."""
        return np.array([organ.voxels for organ in self.organs], dtype=np.int64)

    def extent_mm_zyx(self, organ: OrganStatistics) -> tuple[float, ...] | None:
        """Size of an organ's bounding box; None without a voxel."""
        if organ.box is None:
            return None
        return tuple((stop - start) * mm for (start, stop), mm in zip(organ.box, self.spacing_mm_zyx, strict=True))

    def cut(self, organ: OrganStatistics) -> bool:
        """Whether an organ reaches the first or the last slice: part of it may lie outside of the scan."""
        return organ.box is not None and (organ.box[0][0] == 0 or organ.box[0][1] == self.shape_zyx[0])


def read_statistics(manifest: Manifest, workers: int = 0, scheduler: Scheduler | None = None) -> Iterator[CaseStatistics]:
    """Yields the statistics of each case as it is read, in no particular order.

    Args:
        manifest: the verified data set.
        workers: processes; 0 takes all cores.
        scheduler: a Dask scheduler whose workers do it instead.

    Raises:
        TfpartialError: a file cannot be read any more; or what `map_cases` raises.
    """
    read = partial(case_statistics, data_set=dataclasses.replace(manifest, cases={}))
    return map_cases(read, list(manifest.cases.values()), workers, scheduler=scheduler)


def case_statistics(case: ManifestCase, data_set: Manifest) -> CaseStatistics:
    """Reads the images and the labels of a case.

    Args:
        case: the manifest's entry.
        data_set: the manifest; its cases are not looked at.

    Raises:
        FileError: a file cannot be read.
    """
    reader = SlabReader(case.images, data_set.number_maps)
    codes = read_case_labels(case, reader, data_set).codes
    tables = _tables(reader, codes, len(data_set.organs))
    boxes = ndimage.find_objects(codes, max_label=len(data_set.organs))
    first = map_of(data_set.number_maps, 0)
    per_slice = [_slice_voxels(codes, box, code) for code, box in enumerate(boxes, start=1)]
    organs = tuple(_organ(*found, first) for found in zip(boxes, tables.organs, per_slice, strict=True))
    return CaseStatistics(
        id=case.id,
        source=case.source,
        annotated=case.annotated,
        shape_zyx=reader.shape_zyx,
        spacing_mm_zyx=reader.spacing_mm_zyx,
        ignored=int(np.count_nonzero(codes == IGNORE)),
        organs=organs,
        foreground=tuple(ValueCounts.of_table(table) for table in tables.foreground),
        nonzero_shape_zyx=tables.nonzero_shape(),
    )


@dataclass(frozen=True)
class _Tables:
    """Args:
    organs: counts of the numbers of channel 0 per organ, int64 `[K, 65536]`.
    foreground: counts of the numbers of each channel at organs, int64 `[C, 65536]`.
    nonzero: per axis, whether a slice, row, column has a voxel that is not 0.
    """

    organs: np.ndarray
    foreground: np.ndarray
    nonzero: tuple[np.ndarray, np.ndarray, np.ndarray]

    def nonzero_shape(self) -> tuple[int, int, int]:
        z, y, x = (int(np.ptp(np.flatnonzero(axis))) + 1 if axis.any() else 0 for axis in self.nonzero)
        return z, y, x


def _tables(reader: SlabReader, codes: np.ndarray, organs: int) -> _Tables:
    joint = np.zeros(organs * VALUES, np.int64)
    foreground = np.zeros((len(reader.images), VALUES), np.int64)
    depth, height, width = reader.shape_zyx
    nonzero = (np.zeros(depth, bool), np.zeros(height, bool), np.zeros(width, bool))
    zero = np.array([map_of(reader.maps, channel).stored(np.zeros(1))[0][0] for channel in range(len(foreground))])
    for start, slab in reader.slabs(SLAB):
        part = codes[start : start + len(slab)]
        is_organ = (part > 0) & (part != IGNORE)
        numbers = slab[is_organ]  # [n, C]
        places = (part[is_organ].astype(np.int64) - 1) * VALUES + numbers[:, 0] - np.iinfo(np.int16).min
        joint += np.bincount(places, minlength=joint.size)
        for channel in range(1, len(foreground)):
            foreground[channel] += count_table(numbers[:, channel])
        shown = slab != zero if reader.maps else slab
        columns = np.any(shown, axis=(0, 3))  # [Y, X]
        nonzero[0][start : start + len(slab)] = np.any(shown, axis=(1, 2, 3))
        nonzero[1][:] |= columns.any(axis=1)
        nonzero[2][:] |= columns.any(axis=0)
    per_organ = joint.reshape(organs, VALUES)
    foreground[0] = per_organ.sum(axis=0)
    return _Tables(per_organ, foreground, nonzero)


def _slice_voxels(codes: np.ndarray, box: tuple[slice, ...] | None, code: int) -> tuple[int, ...]:
    """Voxels of an organ in each slice that has any."""
    if box is None:
        return ()
    counts = np.count_nonzero(codes[box] == code, axis=(1, 2))
    return tuple(counts[counts > 0].tolist())


def _organ(
    box: tuple[slice, ...] | None, table: np.ndarray, slice_voxels: tuple[int, ...], number_map: NumberMap
) -> OrganStatistics:
    hu = ValueCounts.of_table(table)
    low, middle, high = (number_map.number(stored) for stored in hu.percentiles((5, 50, 95)))
    place = None if box is None else tuple((part.start, part.stop) for part in box)
    return OrganStatistics(hu.total, place, number_map.number(hu.mean), (low, middle, high), slice_voxels)
