"""What a NIfTI header says about the voxels that follow (NIfTI-1 and NIfTI-2, nifti.nimh.nih.gov)."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

NIFTI1, NIFTI2 = 348, 540
"""Sizes of the two headers; the first number of the file."""
TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
"""NIfTI's codes of the real data types -> numpy's."""
OTHER_TYPES = (32, 128, 1536, 1792, 2048, 2304)
"""Codes of complex numbers, colours, and numbers of 16 bytes."""
SINGLE_MAGIC, PAIR_MAGIC = (b"n+1", b"n+2"), (b"ni1", b"ni2")
"""What tells a NIfTI header from one of Analyze, which has the same size and no directions."""
MOST_AXES = 7
GRID_AXES = 3
UNITS_MM = {1: 1000.0, 2: 1.0, 3: 0.001}
"""NIfTI's codes of the units of length; any other is taken for mm."""


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
    units: tuple[str, int]
    magic: int


LAYOUTS = (
    Layout(NIFTI1, ("8h", 40), 70, ("f", 108), ("2f", 112), ("8f", 76), ("2h", 252), ("6f", 256), ("12f", 280), ("B", 123), 344),
    Layout(NIFTI2, ("8q", 16), 12, ("q", 168), ("2d", 176), ("8d", 104), ("2i", 344), ("6d", 352), ("12d", 400), ("i", 500), 4),
)
EXTENDER = 4
"""Bytes between the header and the voxels that say whether an extension follows."""
ROUNDED = 1.001
"""Sum of the squares of a quaternion, which is 1, as rounded headers may have it."""


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
        spacing_mm: `pixdim` of the first three axes, in the file's unit.
        placement: the numbers of `qform` and `sform`, of those that are in use.
        forms: `sform` and `qform`, of those that are in use: 3 rows of 4, from voxels to RAS mm.
        unit_mm: length of the file's unit.
        version: 1 or 2, of NIfTI.
        magic: three letters: `n+1` or `n+2` in a file with its voxels, `ni1` or `ni2` in the header of a pair.
    """

    dimensions: tuple[int, ...]
    voxel_bits: int
    kind: np.dtype | None
    offset: int
    code: int
    scaling: tuple[float, float] | None
    spacing_mm: tuple[float, ...]
    placement: tuple[float, ...]
    forms: Mapping[str, tuple[float, ...]]
    unit_mm: float
    version: int
    magic: bytes

    @property
    def file_bytes(self) -> int:
        """Bytes that the file of the voxels must have."""
        return self.offset + math.prod(self.dimensions) * self.voxel_bits // 8

    @property
    def of_pair(self) -> bool:
        """Whether the voxels are in another file."""
        return self.magic in PAIR_MAGIC

    @property
    def content(self) -> str:
        """What the file of the voxels holds, for an error."""
        return "voxels" if self.of_pair else "header and voxels"

    def fault(self) -> str | None:
        """What is wrong with the header; None when nothing is. ITK replaces some of these numbers and says nothing."""
        if self.magic not in (*SINGLE_MAGIC, *PAIR_MAGIC):
            got = self.magic.rstrip(b"\0").decode("latin-1")
            return f"'magic': expected n+1 or n+2, got '{got}': an Analyze file does not say how the patient lies"
        if not self.dimensions or min(self.dimensions) < 1:
            got = _text(self.dimensions) or "another number of them"
            return f"'dim': expected 1 to {MOST_AXES} axes of 1 or more voxels, got {got}"
        if self.code not in (*TYPES, *OTHER_TYPES):
            return f"'datatype': expected the code of a type, got {self.code}"
        own = EXTENDER + (NIFTI1 if self.version == 1 else NIFTI2)
        least, after = (0, "the start of their file") if self.of_pair else (own, f"the {own} bytes of the header")
        if self.offset < least:
            return f"'vox_offset': expected the voxels after {after} or later, got {self.offset}"
        spacing_mm = self.spacing_mm[: len(self.dimensions)]
        if not all(math.isfinite(length) and length > 0 for length in spacing_mm):
            return f"'pixdim': expected spacings above 0 mm, got {_text(spacing_mm)}"
        if self.scaling is not None and not math.isfinite(self.scaling[1]):
            return f"'scl_inter': expected a finite number, got {self.scaling[1]:g}"
        if not all(map(math.isfinite, self.placement)):
            return f"'qform' or 'sform': expected finite numbers, got {_text(self.placement)}"
        quaternion = self.placement[:3] if "qform" in self.forms else ()
        if sum(number * number for number in quaternion) > ROUNDED:
            return f"'quatern': expected three numbers whose squares are 1 at most together, got {_text(quaternion)}"
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
        quaternion, rows, pixdim = numbers(layout.quaternion), numbers(layout.rows), numbers(layout.pixdim)
        unit_mm = UNITS_MM.get(numbers(layout.units)[0] & 7, 1.0)
        forms = {"sform": tuple(unit_mm * number for number in rows)} if in_sform > 0 else {}
        if in_qform > 0:
            forms["qform"] = tuple(unit_mm * number for number in _of_quaternion(quaternion, pixdim))
        return cls(
            dimensions=tuple(dimensions[:axes]) if 1 <= axes <= MOST_AXES else (),
            voxel_bits=bits if kind is None else 8 * kind.itemsize,
            kind=kind,
            offset=int(offset) if math.isfinite(offset) else -1,
            code=code,
            # A slope of 0, or one that is no number, means that there is no scaling.
            scaling=None if slope == 0 or not math.isfinite(slope) or (slope, intercept) == (1, 0) else (slope, intercept),
            spacing_mm=pixdim[1 : 1 + GRID_AXES],
            placement=quaternion * (in_qform > 0) + rows * (in_sform > 0),
            forms=forms,
            unit_mm=unit_mm,
            version=2 if layout.size == NIFTI2 else 1,
            magic=start[layout.magic : layout.magic + 3],
        )


def _of_quaternion(quaternion: tuple[float, ...], pixdim: tuple[float, ...]) -> tuple[float, ...]:
    """The affine of `qform`, 3 rows of 4 (nifti1.h, method 2)."""
    b, c, d, *offset = quaternion
    length = max(1.0, math.sqrt(b * b + c * c + d * d))  # rounding may have made it longer than 1
    b, c, d = b / length, c / length, d / length
    a = math.sqrt(max(0.0, 1 - b * b - c * c - d * d))
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    scale = np.array(pixdim[1 : 1 + GRID_AXES]) * [1, 1, -1 if pixdim[0] < 0 else 1]
    return tuple(np.column_stack([rotation * scale, offset]).ravel().tolist())


def _text(numbers: Iterable[float]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)
