"""The header of a MetaImage file, checked: ITK believes it, and crashes on some (itk.org/Wiki/ITK/MetaIO/Documentation)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from math import prod
from pathlib import Path

from tfpartial.data.formats.stored_voxels import StoredVoxels, beside
from tfpartial.data.problem import FileError

LONGEST_LINE = 1 << 16
MOST_AXES = 10
"""What MetaIO has room for."""
ZLIB = 15
BYTES = {
    **dict.fromkeys(("MET_CHAR", "MET_UCHAR"), 1),
    **dict.fromkeys(("MET_SHORT", "MET_USHORT"), 2),
    **dict.fromkeys(("MET_INT", "MET_UINT", "MET_LONG", "MET_ULONG", "MET_FLOAT"), 4),
    **dict.fromkeys(("MET_LONG_LONG", "MET_ULONG_LONG", "MET_DOUBLE"), 8),
}
"""ElementType -> bytes of a number of it."""
SPACING = ("ElementSpacing", "ElementSize")
PLACE = ("Offset", "Origin", "Position")
DIRECTION = ("TransformMatrix", "Rotation", "Orientation")
DATA = "ElementDataFile"


def read_metaimage_header(path: Path) -> StoredVoxels:
    """Where the voxels of a MetaImage file are.

    Raises:
        FileError: `unreadable`: no MetaImage file; `bad_header`; `truncated`: a header without end; `outside`, `several_files`:
            see `beside`.
    """
    header, end = _read(path)
    (axes,) = _whole(path, header, "NDims", 1, 1, MOST_AXES)
    sizes = _whole(path, header, "DimSize", axes, 1)
    (channels,) = _whole(path, {"ElementNumberOfChannels": "1"} | header, "ElementNumberOfChannels", 1, 1)
    (skip,) = _whole(path, {"HeaderSize": "0"} | header, "HeaderSize", 1, -1)
    for keys, count in ((SPACING, axes), (PLACE, axes), (DIRECTION, axes * axes)):
        for key in keys:
            _require_numbers(path, header, key, count, positive=keys is SPACING)
    kind = header.get("ElementType", "")
    if kind not in BYTES:
        raise FileError(path, "bad_header", f"'ElementType': expected one of {', '.join(BYTES)}, got '{kind}'")
    if not _truth(path, {"BinaryData": "True"} | header, "BinaryData"):
        raise FileError(path, "bad_header", "'BinaryData': expected True, got False: voxels written as text are not read")
    local = header[DATA].upper() == "LOCAL"
    # A negative HeaderSize: the voxels are the end of the file, wherever that begins.
    offset = max(0, skip) or (end if local and not skip else 0)
    window = ZLIB if _truth(path, header, "CompressedData") else None
    return StoredVoxels(path if local else beside(path, header[DATA]), offset, prod(sizes) * channels * BYTES[kind], window)


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


def _require_numbers(path: Path, header: Mapping[str, str], key: str, count: int, positive: bool) -> None:
    if key not in header:
        return
    try:
        numbers = [float(word) for word in header[key].split()]
    except ValueError:
        numbers = []
    if len(numbers) != count or not all(math.isfinite(number) and (number > 0 or not positive) for number in numbers):
        what = f"{count} finite numbers{' above 0' * positive}"
        raise FileError(path, "bad_header", f"'{key}': expected {what}, got '{header[key]}'")


def _truth(path: Path, header: Mapping[str, str], key: str) -> bool:
    text = header.get(key, "False")
    if text.lower() not in ("true", "false", "1", "0"):
        raise FileError(path, "bad_header", f"'{key}': expected True or False, got '{text}'")
    return text.lower() in ("true", "1")
