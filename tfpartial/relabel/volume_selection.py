"""The surest candidates of a whole volume that passes slab by slab."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import numpy as np
from isal import isal_zlib

from tfpartial.relabel.candidates import Slab
from tfpartial.relabel.ordering import BINS, Cut, counted, highest_bin, key_of, lower, ordered_keys, share_of, upper
from tfpartial.unfinished import naming

IN_MEMORY = 1 << 26
"""Bytes up to which the candidates of a volume stay in memory; more go to a temporary file."""
COMPRESSION = 1


class _Piece(NamedTuple):
    offset: int
    start: int
    shape: tuple[int, ...]
    organ_bytes: int
    candidates: int


class VolumeSelection(AbstractContextManager["VolumeSelection"]):
    """Collects the candidates of a volume and selects per organ: of each the surest share, of equal ones the first.

    The one place of this rule; `select_top` passes whole arrays through it. Slabs may have any shape.

    In memory are two histograms per organ and one slab. A candidate takes 4 bytes of a temporary file, and the organs about 1 %
    of a byte per voxel.

    Args:
        num_organs: K.
    """

    def __init__(self, num_organs: int) -> None:
        self._organs = range(1, num_organs + 1)
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  closed with this object
        self._pieces: list[_Piece] = []
        self._upper = np.zeros((num_organs, BINS), np.int64)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._file.close()

    def add(self, slab: Slab) -> None:
        """Takes the next slab. Raises `TfpartialError` when the disk of temporary files is full."""
        start, organ, confidence = slab
        chosen = self._are_candidates(organ)
        sure = np.ascontiguousarray(confidence[chosen], np.float32)
        organ_bytes = isal_zlib.compress(np.ascontiguousarray(organ), COMPRESSION)
        offset = self._file.tell()
        with naming(Path(tempfile.gettempdir())):
            self._file.write(organ_bytes)
            self._file.write(sure.tobytes())
            self._file.flush()
        self._pieces.append(_Piece(offset, start, organ.shape, len(organ_bytes), len(sure)))
        _count(self._upper, upper(ordered_keys(sure)), organ[chosen])

    @property
    def candidates(self) -> np.ndarray:
        """Number of candidates per organ, int64 `[K]`."""
        return self._upper.sum(axis=1)

    def top(self, shares: Mapping[int, float]) -> dict[int, Cut]:
        """Where the surest round-half-up(share · candidates) of each organ (1..K) end; organs without any are left out."""
        wanted = {organ: share_of(int(self.candidates[organ - 1]), share) for organ, share in shares.items()}
        places = {organ: highest_bin(self._upper[organ - 1], number) for organ, number in wanted.items() if number}
        lower_counts = self._lower_counts({organ: place for organ, (place, _) in places.items()})
        cuts = {}
        for organ, (place, left) in places.items():
            low, ties = highest_bin(lower_counts[organ - 1], left)
            cuts[organ] = Cut(key_of(place, low), ties)
        return cuts

    def from_confidence(self, threshold: float) -> dict[int, Cut]:
        """Where the candidates with at least this confidence end."""
        key = int(ordered_keys(np.array([threshold], np.float32))[0])
        return {organ: Cut(key, int(self.candidates[organ - 1])) for organ in self._organs if self.candidates[organ - 1]}

    def selected(self, cuts: Mapping[int, Cut]) -> Iterator[Slab]:
        """The slabs with the selected candidates alone, in their order; of ties the first ones in the volume."""
        ties = {organ: cut.ties for organ, cut in cuts.items()}
        for start, organ, chosen, sure in self._read():
            numbers, keys = organ[chosen], ordered_keys(sure)
            keep = np.zeros(len(numbers), bool)
            for number, cut in cuts.items():
                mine = numbers == number
                keep |= mine & (keys > cut.key)
                tied = np.flatnonzero(mine & (keys == cut.key))[: ties[number]]
                keep[tied] = True
                ties[number] -= len(tied)
            confidence = np.zeros(organ.shape, np.float32)
            confidence[chosen] = np.where(keep, sure, 0)
            organ[chosen] = np.where(keep, numbers, 0)
            yield start, organ, confidence

    def _lower_counts(self, places: Mapping[int, int]) -> np.ndarray:
        counts = np.zeros_like(self._upper)
        if not places:
            return counts
        wanted_bin = np.full(len(self._organs) + 1, -1)
        wanted_bin[list(places)] = list(places.values())
        for _, organ, chosen, sure in self._read():
            numbers, keys = organ[chosen], ordered_keys(sure)
            inside = upper(keys) == wanted_bin[numbers]
            _count(counts, lower(keys[inside]), numbers[inside])
        return counts

    def _read(self) -> Iterator[tuple[int, np.ndarray, np.ndarray, np.ndarray]]:
        """First slice, organ `[n, H, W]`, where candidates are, and their confidence."""
        for piece in self._pieces:
            self._file.seek(piece.offset)  # several may be reading at a time
            voxels = bytearray(isal_zlib.decompress(self._file.read(piece.organ_bytes)))
            organ = np.frombuffer(voxels, np.uint8).reshape(piece.shape)
            sure = np.frombuffer(self._file.read(4 * piece.candidates), np.float32)
            yield piece.start, organ, self._are_candidates(organ), sure

    def _are_candidates(self, organ: np.ndarray) -> np.ndarray:
        return (organ != 0) & (organ <= len(self._organs))  # sure background passes through


def _count(counts: np.ndarray, halves: np.ndarray, organ: np.ndarray) -> None:
    """Adds to `[K, 65536]` what `[n]` keys of `[n]` organs have in one half."""
    for number in np.unique(organ):
        counts[number - 1] += counted(halves[organ == number])
