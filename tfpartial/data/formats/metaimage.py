"""MetaImage files (itk.org/Wiki/ITK/MetaIO/Documentation), read without ITK.

ITK's reader believes the header: it crashes on some, takes lines that it does not know for comments, so that a misspelled spacing
becomes 1 mm, and writes to the terminal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

from tfpartial.data.formats.stored_voxels import StoredVoxels, beside
from tfpartial.data.geometry import Geometry
from tfpartial.data.problem import FileError

LONGEST_LINE = 1 << 16
MOST_AXES = 10
TYPES = {
    **{"MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4", "MET_UINT": "u4"},
    **{"MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8", "MET_FLOAT": "f4", "MET_DOUBLE": "f8"},
}
"""ElementType -> numpy's type."""
SPACING = ("ElementSpacing", "ElementSize")
PLACE = ("Offset", "Origin", "Position")
DIRECTION = ("TransformMatrix", "Rotation", "Orientation")
BIG_ENDIAN = ("BinaryDataByteOrderMSB", "ElementByteOrderMSB")
DATA = "ElementDataFile"


@dataclass(frozen=True)
class MetaImageHeader:
    """A MetaImage file.

    Args:
        sizes: of the stored axes, the fastest first.
        channels: numbers per voxel.
        kind: numpy's type of a number in the file's byte order.
        spacing_mm, origin_mm: one per axis.
        directions: `[axes, axes]`; row a is the unit vector of axis a.
        voxels: where the voxels are.
    """

    sizes: tuple[int, ...]
    channels: int
    kind: np.dtype
    spacing_mm: tuple[float, ...]
    origin_mm: tuple[float, ...]
    directions: np.ndarray
    voxels: StoredVoxels

    @property
    def native(self) -> Geometry:
        """The grid of the first three axes."""
        x, y, z = self.sizes[:3]
        direction = tuple(self.directions[:3, :3].T.ravel().tolist())
        return Geometry((x, y, z), self.spacing_mm[:3], self.origin_mm[:3], direction)  # type: ignore[arg-type]

    def read_slices(self, start: int, stop: int) -> np.ndarray:
        """The slices `start..stop-1` of the third axis of a file of one number per voxel, `[n, second axis, first axis]`.

        Raises:
            FileError: `truncated`; `damaged`.
        """
        width, height = self.sizes[:2]
        slice_bytes = width * height * self.kind.itemsize
        content = self.voxels.read(start * slice_bytes, (stop - start) * slice_bytes)
        stored = np.frombuffer(content, self.kind).reshape(stop - start, height, width)
        return stored.astype(self.kind.newbyteorder("="), copy=False)


def read_metaimage_header(path: Path) -> MetaImageHeader:
    """Reads the header of a MetaImage file.

    Raises:
        FileError: `unreadable`: no MetaImage file; `bad_header`; `truncated`: a header without end; `outside`, `several_files`:
            see `beside`.
    """
    header, end = _read(path)
    (axes,) = _whole(path, header, "NDims", 1, 1, MOST_AXES)
    sizes = _whole(path, header, "DimSize", axes, 1)
    (channels,) = _whole(path, {"ElementNumberOfChannels": "1"} | header, "ElementNumberOfChannels", 1, 1)
    kind = header.get("ElementType", "")
    if kind not in TYPES:
        raise FileError(path, "bad_header", f"'ElementType': expected one of {', '.join(TYPES)}, got '{kind}'")
    order = ">" if any(_truth(path, header, key) for key in BIG_ENDIAN) else "<"
    spacing_mm = _numbers(path, header, SPACING, axes)
    if spacing_mm is None or min(spacing_mm) <= 0:
        got = header.get(SPACING[0], header.get(SPACING[1], "none"))
        raise FileError(path, "bad_header", f"'{SPACING[0]}': expected {axes} finite numbers above 0, got '{got}'")
    directions = _numbers(path, header, DIRECTION, axes * axes)
    voxels = _voxels(path, header, end, prod(sizes) * channels * np.dtype(TYPES[kind]).itemsize)
    return MetaImageHeader(
        sizes=sizes,
        channels=channels,
        kind=np.dtype(order + TYPES[kind]),
        spacing_mm=spacing_mm,
        origin_mm=_numbers(path, header, PLACE, axes) or (0.0,) * axes,
        directions=np.eye(axes) if directions is None else np.reshape(directions, (axes, axes)),
        voxels=voxels,
    )


def _voxels(path: Path, header: dict[str, str], end: int, size: int) -> StoredVoxels:
    if not _truth(path, {"BinaryData": "True"} | header, "BinaryData"):
        raise FileError(path, "bad_header", "'BinaryData': expected True, got False: voxels written as text are not read")
    local = header[DATA].upper() == "LOCAL"
    file = path if local else beside(path, header[DATA])
    (skip,) = _whole(path, {"HeaderSize": "0"} | header, "HeaderSize", 1, -1)
    packed = _truth(path, header, "CompressedData")
    if skip < 0 and not packed and file.is_file():  # the voxels are the end of the file, wherever that begins
        skip = max(1, file.stat().st_size - size)
    offset = max(0, skip) or (end if local else 0)
    return StoredVoxels(file, offset, size, "zlib" if packed else None)


def _read(path: Path) -> tuple[dict[str, str], int]:
    """The lines `key = value` up to the one that names the file of the voxels, and the place after it."""
    header: dict[str, str] = {}
    with path.open("rb") as file:
        while DATA not in header:
            line = file.readline(LONGEST_LINE)
            key, equals, value = line.decode("latin-1").partition("=")
            if not line.endswith(b"\n") and key.strip() != DATA:
                whole = "ends early: the header" if header else "is no MetaImage file: it"
                raise FileError(path, "truncated" if header else "unreadable", f"{whole} has no line '{DATA} = ...'")
            if not equals:
                raise FileError(path, "unreadable", "is no MetaImage file: expected lines such as 'NDims = 3'")
            if key.strip() in header:
                raise FileError(path, "bad_header", f"'{key.strip()}' stands twice")
            header[key.strip()] = value.strip()
        return header, file.tell()


def _whole(
    path: Path, header: Mapping[str, str], key: str, count: int, lowest: int, highest: float = math.inf
) -> tuple[int, ...]:
    """The `count` whole numbers of a line, each from `lowest` to `highest`."""
    text = header.get(key, "")
    try:
        numbers = tuple(map(int, text.split()))
    except ValueError:
        numbers = ()
    if len(numbers) != count or not all(lowest <= number <= highest for number in numbers):
        upper = "" if highest == math.inf else f" to {highest}"
        what = "a whole number" if count == 1 else f"{count} whole numbers"
        raise FileError(path, "bad_header", f"'{key}': expected {what} from {lowest}{upper or ' on'}, got '{text}'")
    return numbers


def _numbers(path: Path, header: Mapping[str, str], keys: tuple[str, ...], count: int) -> tuple[float, ...] | None:
    """The finite numbers of the first of several lines that is there; None when none is."""
    key = next((key for key in keys if key in header), None)
    if key is None:
        return None
    try:
        numbers = tuple(float(word) for word in header[key].split())
    except ValueError:
        numbers = ()
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        what = f"{count} finite numbers{' above 0' * (keys is SPACING)}"
        raise FileError(path, "bad_header", f"'{key}': expected {what}, got '{header[key]}'")
    return numbers


def _truth(path: Path, header: Mapping[str, str], key: str) -> bool:
    text = header.get(key, "False")
    if text.lower() not in ("true", "false", "1", "0"):
        raise FileError(path, "bad_header", f"'{key}': expected True or False, got '{text}'")
    return text.lower() in ("true", "1")
