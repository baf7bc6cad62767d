"""What a NIfTI header says about the voxels that follow (NIfTI-1 and NIfTI-2, nifti.nimh.nih.gov)."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

NIFTI1, NIFTI2 = 348, 540
"""Sizes of the two headers; the first number of the file."""
TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
"""NIfTI's codes of the real data types -> numpy's."""
OTHER_TYPES = (32, 128, 1536, 1792, 2048, 2304)
"""Codes of complex numbers, colours, and numbers of 16 bytes."""
MOST_AXES = 7
GRID_AXES = 3


class Layout(NamedTuple):
    """Where the numbers of a header are, and of which `struct` type: of all but the codes, which are int16 or int32."""

    size: int
    dim: tuple[str, int]
    kind: int
    offset: tuple[str, int]
    scaling: tuple[str, int]
    pixdim: tuple[str, int]
    codes: tuple[str, int]
    quaternion: tuple[str, int]
    rows: tuple[str, int]


LAYOUTS = (
    Layout(NIFTI1, ("8h", 40), 70, ("f", 108), ("2f", 112), ("8f", 76), ("2h", 252), ("6f", 256), ("12f", 280)),
    Layout(NIFTI2, ("8q", 16), 12, ("q", 168), ("2d", 176), ("8d", 104), ("2i", 344), ("6d", 352), ("12d", 400)),
)


@dataclass(frozen=True)
class NiftiHeader:
    """The voxels of a NIfTI file.

    Args:
        dimensions: sizes of the stored axes, the fastest first; none when their number is not 1 to 7.
        voxel_bits: bits of one voxel.
        kind: numpy's type of one voxel in the file's byte order; None when it is no real number.
        offset: place of the first voxel in the file; -1 when it is no number.
        code: NIfTI's code of the type.
        scaling: slope and intercept that make values of stored numbers; None when the values are the stored numbers.
        spacing_mm: `pixdim` of the first three axes.
        placement: the numbers of `qform` and `sform`, of those that are in use.
    """

    dimensions: tuple[int, ...]
    voxel_bits: int
    kind: np.dtype | None
    offset: int
    code: int
    scaling: tuple[float, float] | None
    spacing_mm: tuple[float, ...]
    placement: tuple[float, ...]

    @property
    def file_bytes(self) -> int:
        """Bytes that the file must have."""
        return self.offset + math.prod(self.dimensions) * self.voxel_bits // 8

    def fault(self) -> str | None:
        """What is wrong with the header; None when nothing is. ITK replaces some of these numbers and says nothing."""
        if not self.dimensions or min(self.dimensions) < 1:
            got = _text(self.dimensions) or "another number of them"
            return f"'dim': expected 1 to {MOST_AXES} axes of 1 or more voxels, got {got}"
        if self.code not in (*TYPES, *OTHER_TYPES):
            return f"'datatype': expected the code of a type, got {self.code}"
        if self.offset < NIFTI1:
            return f"'vox_offset': expected the voxels after the {NIFTI1} bytes of the header or later, got {self.offset}"
        spacing_mm = self.spacing_mm[: len(self.dimensions)]
        if not all(math.isfinite(length) and length > 0 for length in spacing_mm):
            return f"'pixdim': expected spacings above 0 mm, got {_text(spacing_mm)}"
        if not all(map(math.isfinite, self.placement)):
            return f"'qform' or 'sform': expected finite numbers, got {_text(self.placement)}"
        return None

    @classmethod
    def parse(cls, start: bytes) -> NiftiHeader | None:
        """The header at the start of a file, in either byte order; None when it is none."""
        for order in "<>":
            for layout in LAYOUTS:
                if len(start) >= layout.size and start[:4] == struct.pack(f"{order}i", layout.size):
                    return cls._of(start, order, layout)
        return None

    @classmethod
    def _of(cls, start: bytes, order: str, layout: Layout) -> NiftiHeader:
        def numbers(place: tuple[str, int]) -> tuple:
            return struct.unpack_from(order + place[0], start, place[1])

        axes, *dimensions = numbers(layout.dim)
        code, bits = numbers(("2h", layout.kind))
        kind = np.dtype(order + TYPES[code]) if code in TYPES else None
        (offset,) = numbers(layout.offset)
        slope, intercept = numbers(layout.scaling)
        in_qform, in_sform = numbers(layout.codes)
        placement = numbers(layout.quaternion) * (in_qform > 0) + numbers(layout.rows) * (in_sform > 0)
        return cls(
            dimensions=tuple(dimensions[:axes]) if 1 <= axes <= MOST_AXES else (),
            voxel_bits=bits if kind is None else 8 * kind.itemsize,
            kind=kind,
            offset=int(offset) if math.isfinite(offset) else -1,
            code=code,
            # A slope of 0 means that there is no scaling.
            scaling=None if slope == 0 or (slope, intercept) == (1, 0) else (slope, intercept),
            spacing_mm=numbers(layout.pixdim)[1 : 1 + GRID_AXES],
            placement=placement,
        )


def _text(numbers: Iterable[float]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)
