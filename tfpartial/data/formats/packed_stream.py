"""Packed bytes, unpacked piece by piece in constant memory, with checksum and length verified."""

from __future__ import annotations

from bz2 import BZ2Decompressor
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from isal import isal_zlib

from tfpartial.data.problem import FileError

Packing = Literal["zlib", "gzip", "bzip2"]
CHUNK = 1 << 16
"""Packed bytes per step of zlib and gzip: zeros expand a thousandfold, so that a step takes 64 MB at most."""
PIECE = 1 << 20
"""Unpacked bytes per step of bzip2, in which zeros expand a millionfold."""
WINDOWS = {"zlib": 15, "gzip": 31}
"""zlib's codes of the streams whose checksum and length it verifies."""
AT_MOST = {"zlib": 1032, "gzip": 1032, "bzip2": 1 << 21}
"""How many times a stream can expand: deflate by zlib.net/zlib_tech.html, bzip2 has 46 MB of zeros in 45 bytes."""
GZIP_START = 0x1F
"""The first byte of every gzip stream."""


def unpack(path: Path, packing: Packing, offset: int = 0) -> Iterator[bytes]:
    """The bytes of a packed stream, or of several one after the other, from a place of a file on.

    Raises:
        FileError: `damaged`: no such stream, or one with something else after its end; `truncated`.
    """
    return _bunzip(path, offset) if packing == "bzip2" else _inflate(path, packing, offset)


def read_chunks(path: Path, offset: int = 0) -> Iterator[bytes]:
    """The bytes of a file from a place on."""
    with path.open("rb") as file:
        file.seek(offset)
        while chunk := file.read(CHUNK):
            yield chunk


def _inflate(path: Path, packing: Packing, offset: int) -> Iterator[bytes]:
    """By `isal`, which takes a third of zlib's time."""
    window = WINDOWS[packing]
    stream = isal_zlib.decompressobj(window)
    try:
        for chunk in read_chunks(path, offset):
            while chunk:
                yield stream.decompress(chunk)
                chunk = stream.unused_data.lstrip(b"\0")  # another member may follow, or padding
                if chunk and packing == "gzip" and chunk[0] != GZIP_START:
                    raise _more(path, packing)
                if chunk:
                    stream = isal_zlib.decompressobj(window)
    except isal_zlib.error as error:  # type: ignore[misc]  # its stub calls the class an instance
        raise FileError(path, "damaged", f"is no sound {packing} file: {error}") from error
    if not stream.eof:
        raise _no_end(path, packing)


def _bunzip(path: Path, offset: int) -> Iterator[bytes]:
    stream, ended = BZ2Decompressor(), False
    for chunk in read_chunks(path, offset):
        rest = chunk
        while rest or not (stream.needs_input or stream.eof):
            if stream.eof:
                stream, ended = BZ2Decompressor(), True
            try:
                piece = stream.decompress(rest, PIECE)
            except OSError as error:
                if ended:
                    raise _more(path, "bzip2") from error
                raise FileError(path, "damaged", f"is no sound bzip2 file: {error}") from error
            yield piece
            rest = stream.unused_data if stream.eof else b""
    if not stream.eof:
        raise _no_end(path, "bzip2")


def _more(path: Path, packing: Packing) -> FileError:
    return FileError(path, "damaged", f"has bytes of something else after the end of its {packing} stream")


def _no_end(path: Path, packing: Packing) -> FileError:
    return FileError(path, "truncated", f"ends early: the {packing} stream has no end")
