"""Where the voxels of a volume lie, as its header says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO

from isal import isal_zlib

from tfpartial.data.confined import inside, require_inside
from tfpartial.data.problem import FileError

CHUNK = 1 << 16
"""Packed bytes per step: zeros expand a thousandfold."""
PACKED_AT_MOST = 1032
"""No deflate stream expands more than so many times (zlib.net/zlib_tech.html)."""


@dataclass(frozen=True)
class StoredVoxels:
    """The bytes of a volume's voxels.

    Args:
        file: the file that holds them: that of the header, or another one that the header names.
        offset: place of the first one.
        size: number of bytes, when unpacked; a lower bound for voxels that an NRRD file stores as text.
        window: zlib's code for the stream that they are packed in (15 zlib, 31 gzip); None when they are not packed.
    """

    file: Path
    offset: int
    size: int
    window: int | None

    def read(self, start: int, count: int) -> bytes:
        """`count` bytes of the unpacked voxels from `start` on; packed ones are unpacked from their beginning.

        Raises:
            FileError: `truncated`; `damaged`.
        """
        with self.file.open("rb") as file:
            file.seek(self.offset + (start if self.window is None else 0))
            content = file.read(count) if self.window is None else self._unpacked(file, start, start + count)
        if len(content) < count:
            reason = f"ends early: expected {self.size} bytes of voxels, got {start + len(content)}"
            raise FileError(self.file, "truncated", reason)
        return content

    def _unpacked(self, file: IO[bytes], start: int, stop: int) -> bytes:
        assert self.window is not None
        stream = isal_zlib.decompressobj(self.window)
        content, place = bytearray(), 0
        try:
            while place < stop and (chunk := file.read(CHUNK)):
                unpacked = stream.decompress(chunk)
                content += unpacked[max(0, start - place) : max(0, stop - place)]
                place += len(unpacked)
        except isal_zlib.error as error:  # type: ignore[misc]  # its stub calls the class an instance
            raise FileError(self.file, "damaged", f"is no sound packed stream: {error}") from error
        return bytes(content)

    def require_room(self) -> None:
        """Whether the file can hold what the header claims: to be called before anybody takes memory for it.

        Raises:
            FileError: `missing_file`, for one that another file names; `truncated`.
        """
        if not self.file.is_file():
            raise FileError(self.file, "missing_file", "no such file; the header of the volume names it for the voxels")
        there = max(0, self.file.stat().st_size - self.offset)
        if self.window is None and there < self.size:
            raise FileError(self.file, "truncated", f"ends early: expected {self.size} bytes of voxels, got {there}")
        if self.window is not None and there * PACKED_AT_MOST < self.size:
            reason = f"ends early: expected {self.size} bytes of voxels, got {there} packed ones, which cannot hold them"
            raise FileError(self.file, "truncated", reason)


def beside(header: Path, name: str) -> Path:
    """The file that a header names for its voxels.

    Raises:
        FileError: `outside`: it lies, or is a link that leads, neither beside the header nor below; `several_files`.
    """
    if not name or name.split()[0].upper() == "LIST" or "%" in name:
        raise FileError(header, "several_files", f"expected the name of one file of voxels, got '{name}'")
    path = inside(header.parent, name)
    require_inside(header.parent, path)
    return path
