"""The store: what training reads. One immutable folder per case, opened through `store.json`.

store.json                written last: without it the store is not finished
cases/<id>/image.npy      int16 [Z, H, W, C], HU or scaled numbers, or floats; uncompressed: a slice is one read
cases/<id>/label-0.h5     the experts' labels (see `label_layer`)
cases/<id>/hu_histogram.npy   int64 [4096], of channel 0 of the native voxels; [65536] where it is scaled
cases/<id>/case.json      what the case is and what it was prepared from
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from isal import isal_zlib

from tfpartial.artifacts import parsing, read_versioned, sha256
from tfpartial.data.from_json import from_json
from tfpartial.data.geometry import Geometry
from tfpartial.data.hu import bins_of
from tfpartial.data.number_map import NumberMaps, dtype_of, map_of, to_numbers
from tfpartial.data.store.layer_file import EXPERTS, open_label_layer
from tfpartial.errors import TfpartialError
from tfpartial.labels import OrganTable
from tfpartial.names import CaseId, by_case

FORMAT = 2
INDEX = "store.json"
CASES = "cases"
IMAGE = "image.npy"
HISTOGRAM = "hu_histogram.npy"
RECORD = "case.json"
OPEN_FILES = 128
"""Cases kept open at a time: two files each, far below the usual limit of 1024."""
PIECE = 1 << 20
"""Bytes of a file in memory at a time."""
SHOWN = 5
"""Damaged files that an error lists."""


@dataclass(frozen=True)
class StoredCase:
    """What the store knows of a case without opening its files.

    Attributes:
        id: name of the case and of its folder.
        annotated: organs that somebody looked for.
        source: data set that it comes from, if known.
        patient: cases of one patient never stand on both sides of a split.
        shape_zyx: native size in voxels.
        spacing_mm_zyx: native spacing.
        native: the native grid.
        sha256: checksum of each file but the image shard, by its name; in stores of older releases of that as well.
        crc32: of the image shard, by its name: SHA-256 takes twenty times as long, a tenth of the time of `prepare`. Stores of
            older releases may have none.
    """

    id: CaseId
    annotated: tuple[str, ...]
    source: str | None
    patient: str
    shape_zyx: tuple[int, int, int]
    spacing_mm_zyx: tuple[float, float, float]
    native: Geometry
    sha256: Mapping[str, str]
    crc32: Mapping[str, int] = field(default_factory=dict)

    @property
    def slices(self) -> int:
        """Number of slices, Z."""
        return self.shape_zyx[0]

    @classmethod
    def from_record(cls, case_id: CaseId, record: Mapping[str, Any]) -> StoredCase:
        """From the JSON of `case.json` of the case. Raises `ValueError` for that of another one."""
        if record["id"] != case_id:
            raise ValueError(f"id of case '{case_id}'")
        z, y, x = record["shape_zyx"]
        return cls(
            id=case_id,
            annotated=tuple(record["annotated"]),
            source=record["source"],
            patient=record["patient"],
            shape_zyx=(z, y, x),
            spacing_mm_zyx=tuple(record["spacing_mm_zyx"]),
            native=Geometry(**record["native"]),
            sha256=record["sha256"],
            crc32=record.get("crc32", {}),
        )


class Store:
    """A finished store, open for reading. Safe to share between threads; other processes open their own.

    A file is compared with its checksum when it is first read.

    Attributes:
        root: its folder.
        name: name of the data set.
        organs: the organ table.
        size: H, W of the stored slices.
        spacing_mm: in-plane spacing y, x of the stored slices; None where each case keeps its native one.
        channel_names: name of each image channel.
        number_maps: what makes numbers of the stored ones, and their type; none where all are HU as int16.
        cases: the cases by id.
    """

    def __init__(self, root: Path, index: Mapping[str, Any]) -> None:
        records = by_case(index["cases"], root / INDEX)
        self.root = root
        self.name: str = index["name"]
        self.organs = OrganTable(tuple(index["organs"]))
        self.size: tuple[int, int] = tuple(index["size"])
        self.spacing_mm: tuple[float, float] | None = tuple(index["spacing_mm"]) if index["spacing_mm"] else None
        self.channel_names = tuple(index["channel_names"])
        self.number_maps = from_json(NumberMaps, index.get("number_maps", []))
        self.cases = {case_id: StoredCase.from_record(case_id, record) for case_id, record in records.items()}
        self._images = lru_cache(OPEN_FILES)(self._open_image)
        # An evicted layer is closed when its last user lets go of it, never under a thread that still reads.
        self._labels = lru_cache(OPEN_FILES)(self._open_label)
        self._intact_files: set[tuple[CaseId, str]] = set()
        self._voxels = lru_cache(None)(lambda case_id: self._open_label(case_id)[1])  # a few kB per case

    @classmethod
    def open(cls, root: Path) -> Store:
        """Opens a store.

        Raises:
            TfpartialError: no store there, one that `prepare` did not finish or a later release wrote, or a case folder is gone.
        """
        if not (root / INDEX).is_file():
            raise _not_finished(root)
        index = read_versioned(root / INDEX, "store", FORMAT)
        with parsing(root / INDEX, "store"):
            store = cls(root, index)
        gone = sorted(set(store.cases) - {folder.name for folder in (root / CASES).glob("*")})
        if gone:
            raise TfpartialError(f"{root}: the folder of case {gone[0]} is gone ({len(gone)} in all); run `prepare` again")
        return store

    @property
    def dtype(self) -> np.dtype:
        """The type of the stored numbers: int16, float16 or float32."""
        return dtype_of(self.number_maps)

    @property
    def channels(self) -> int:
        """Number of image channels, C."""
        return len(self.channel_names)

    def image(self, case_id: CaseId) -> np.ndarray:
        """The slices of a case, of `dtype`, `[Z, H, W, C]`, mapped: only what is indexed is read."""
        return self._images(case_id)

    def slices(self, case_id: CaseId, start: int, stop: int) -> np.ndarray:
        """A copy of some slices of a case, of `dtype`, `[n, H, W, C]`, for work that goes through whole volumes.

        The map is closed again: pages that are read through one that stays count as memory of this process.
        """
        return np.array(self._open_image(case_id)[start:stop])

    def numbers(self, case_id: CaseId, z: int) -> np.ndarray:
        """The numbers of channel 0 of a slice, `[H, W]`, for pictures: int16 (HU), or float32 (scaled or floats)."""
        stored = np.asarray(self.image(case_id)[z])
        return to_numbers(stored if self.dtype == np.int16 else stored.astype(np.float32), self.number_maps)[..., 0]

    def label(self, case_id: CaseId) -> h5py.Dataset:
        """The experts' labels of a case, uint8 `[Z, H, W]`, read when indexed."""
        return self._labels(case_id)[0]

    def voxels(self, case_id: CaseId) -> np.ndarray:
        """Voxels that they labelled per slice and organ, int32 `[Z, K]`."""
        return self._voxels(case_id)

    def hu_histogram(self, case_ids: Iterable[CaseId]) -> np.ndarray:
        """Counts of channel 0 over the native voxels of the cases, int64 (see `hu.stored_histogram`)."""
        total = np.zeros(bins_of(map_of(self.number_maps, 0)), np.int64)
        for case_id in case_ids:
            self._require_intact(case_id, HISTOGRAM)
            total += np.load(self.file(case_id, HISTOGRAM))
        return total

    def file(self, case_id: CaseId, name: str) -> Path:
        """Path of a file of a case. Raises `TfpartialError` for a case that the store has not."""
        if case_id not in self.cases:
            raise TfpartialError(f"{self.root}: the store has no case '{case_id}' among its {len(self.cases)}")
        return self.root / CASES / case_id / name

    def verify(self, images: bool = True) -> None:
        """Compares every file that `prepare` wrote with its checksum.

        Args:
            images: read the images too; without it only their lengths are compared, which takes milliseconds per case.

        Raises:
            TfpartialError: files that are gone or changed; the message names them.
        """
        damaged = [
            str(self.file(case.id, name))
            for case in self.cases.values()
            for name in {**case.sha256, **case.crc32}
            if not self._intact(case.id, name, images)
        ]
        if damaged:
            shown = ", ".join(damaged[:SHOWN]) + (", ..." if len(damaged) > SHOWN else "")
            raise TfpartialError(
                f"{self.root}: {len(damaged)} files are damaged or gone: {shown}; "
                "remove their case folders and run `prepare` again"
            )

    def _intact(self, case_id: CaseId, name: str, images: bool) -> bool:
        path = self.file(case_id, name)
        if name == IMAGE and not images:
            try:
                self._map_image(case_id)
            except TfpartialError:
                return False
            return True
        return path.is_file() and self._is_as_written(case_id, name)

    def _is_as_written(self, case_id: CaseId, name: str) -> bool:
        path, case = self.file(case_id, name), self.cases[case_id]
        return crc32(path) == case.crc32[name] if name in case.crc32 else sha256(path) == case.sha256[name]

    def _require_intact(self, case_id: CaseId, name: str) -> None:
        """Compares a file with its checksum, once. Raises `TfpartialError` when it is gone or another one."""
        if (case_id, name) in self._intact_files:
            return
        path = self.file(case_id, name)
        if not path.is_file():
            raise TfpartialError(f"{path}: is gone; remove the folder of the case and run `prepare` again")
        if not self._is_as_written(case_id, name):
            raise TfpartialError(
                f"{path}: is damaged: it is not as its checksum says; remove the folder of the case and run `prepare` again"
            )
        self._intact_files.add((case_id, name))

    def _open_image(self, case_id: CaseId) -> np.ndarray:
        image = self._map_image(case_id)
        self._require_intact(case_id, IMAGE)
        return image

    def _map_image(self, case_id: CaseId) -> np.ndarray:
        path = self.file(case_id, IMAGE)
        expected = (self.cases[case_id].slices, *self.size, self.channels)
        try:
            image = np.load(path, mmap_mode="r")
        except (OSError, ValueError) as error:  # ValueError: the file is shorter than its header says
            raise TfpartialError(f"{path}: not an image shard, or damaged ({error})") from error
        if image.shape != expected or image.dtype != self.dtype:
            raise TfpartialError(f"{path}: expected {self.dtype} {expected}, got {image.dtype} {image.shape}")
        return image

    def _open_label(self, case_id: CaseId) -> tuple[h5py.Dataset, np.ndarray]:
        self._require_intact(case_id, EXPERTS)
        return open_label_layer(self.file(case_id, EXPERTS))


def crc32(path: Path) -> int:
    """CRC-32 of a file, read in pieces."""
    value = 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            value = isal_zlib.crc32(piece, value)
    return value


def _not_finished(root: Path) -> TfpartialError:
    finished = len(list((root / CASES).glob(f"*/{RECORD}")))
    if finished:
        return TfpartialError(
            f"{root}: `prepare` has not finished this store ({finished} cases are done); run it again: it goes on from there"
        )
    return TfpartialError(f"{root}: no store here; expected a folder that `prepare` wrote")


def slice_spacing_mm(store: Store, case_id: CaseId) -> tuple[float, float, float]:
    """Spacing z, y, x of the stored slices of a case."""
    case = store.cases[case_id]
    y, x = store.spacing_mm or case.spacing_mm_zyx[1:]
    return case.spacing_mm_zyx[0], y, x
